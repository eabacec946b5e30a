#include "elector/store/kubernetes_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "elector/runtime/clock.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace elector::store {
namespace {

using kubernetes::answerOf;
using kubernetes::ScriptedPeer;
using kubernetes::ScriptedServer;
using testing::HasSubstr;

class Deaf final : public WatchSink {
  public:
    void onListed(std::optional<Lease> /*lease*/, Instant /*sentAt*/) override {}
    void onChanged(Lease /*lease*/) override {}
    void onDeleted() override {}
};

class KubernetesStoreTest : public testing::Test {
  protected:
    // A server that answers every request on its one connection with 200 and `body`.
    static ScriptedServer answering(const std::string& body) {
        return ScriptedServer({[body](ScriptedPeer& peer) {
            while (!peer.readRequest().empty()) {
                peer.send(answerOf(200, body));
            }
        }});
    }
    KubernetesStore storeOf(const ScriptedServer& server) {
        kubernetes::Access access;
        access.server = server.endpoint();
        return {access, clock_};
    }
    CallLimits soon() { return {clock_.now() + std::chrono::minutes(1), {}}; }

    const runtime::SystemClock clock_;
    const LeaseKey key_{"shop", "web"};
};

// A proxy, or a server of something else, may answer 200 to anything.
TEST_F(KubernetesStoreTest, NamesServerAndPathWhereAnAnswerIsNoLease) {
    const std::string path = "/apis/coordination.k8s.io/v1/namespaces/shop/leases";
    for (const std::string body : {"{}", "[1]", R"({"metadata":{"uid":"u"}})"}) {
        SCOPED_TRACE(body);
        const auto server = answering(body);
        const std::string where = "http://" + server.endpoint().authority() + path;
        auto store = storeOf(server);
        const auto got = store.get(key_, soon());
        ASSERT_FALSE(got.ok());
        EXPECT_THAT(got.error().message, HasSubstr("GET " + where + "/web: "));
        const auto made = store.create(key_, {}, soon());
        ASSERT_FALSE(made.ok());
        EXPECT_THAT(made.error().message, HasSubstr("PUT " + where + "/web: "));
        const auto listing = answering(body);
        Deaf sink;
        const auto watched = storeOf(listing).watch(key_, sink, std::chrono::minutes(1), {});
        EXPECT_THAT(watched.message,
                    HasSubstr("GET http://" + listing.endpoint().authority() + path + "?"));
    }
}

}  // namespace
}  // namespace elector::store
