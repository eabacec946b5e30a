#include "elector/kubernetes/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "elector/runtime/json_text.h"
#include "elector/runtime/time_text.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace elector::kubernetes {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(EventsTest, WritesAnEventAsClientGoDoes) {
    const auto event =
        eventBody({"team", "web.1", R"({"kind":"Pod","name":"web-0"})", "web-0 became leader",
                   *runtime::parseRfc3339("2026-01-02T03:04:05.6Z")});
    EXPECT_TRUE(json_text::isValid(event));
    const auto metadata = json_text::member(event, "metadata").value_or("");
    EXPECT_EQ(json_text::textAt(event, "kind"), "Event");
    EXPECT_EQ(json_text::textAt(metadata, "namespace"), "team");
    EXPECT_EQ(json_text::textAt(metadata, "name"), "web.1");
    EXPECT_EQ(json_text::textAt(json_text::member(event, "involvedObject").value_or(""), "name"),
              "web-0");
    EXPECT_EQ(json_text::textAt(event, "reason"), "LeaderElection");
    EXPECT_EQ(json_text::textAt(event, "message"), "web-0 became leader");
    EXPECT_EQ(json_text::textAt(event, "firstTimestamp"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(json_text::member(event, "count"), "1");
}

class EventRecorderTest : public testing::Test {
  protected:
    Access accessTo(const ScriptedServer& server) {
        Access access;
        access.server = server.endpoint();
        return access;
    }

    runtime::SystemClock clock_;
    runtime::Log log_{runtime::LogLevel::Warn, runtime::LogFormat::Text, clock_};

    // What the log says of two Events that are both answered 403 with this message (JSON).
    std::string loggedAfter403(const std::string& message) {
        ScriptedServer server({[&message](ScriptedPeer& peer) {
            while (!peer.readRequest().empty()) {
                peer.send(answerOf(403, R"({"kind":"Status","message":")" + message + R"("})"));
            }
        }});
        testing::internal::CaptureStderr();
        {
            EventRecorder recorder(accessTo(server), clock_, log_, std::nullopt);
            recorder.record({"team", "web"}, "l", "web-0 became leader");
            recorder.record({"team", "web"}, "l", "web-0 stopped leading");
        }
        EXPECT_TRUE(log_.flush(std::chrono::seconds(20)));
        return testing::internal::GetCapturedStderr();
    }
};

TEST_F(EventRecorderTest, PostsWhatIsQueuedBeforeItEnds) {
    std::string onLease;
    std::string onPod;
    ScriptedServer server({[&](ScriptedPeer& peer) {
        onLease = peer.readRequest();
        peer.send(answerOf(201, "{}"));
        onPod = peer.readRequest();
        peer.send(answerOf(201, "{}"));
        peer.awaitClose();
    }});
    {
        EventRecorder recorder(accessTo(server), clock_, log_, PodReference{"team", "web-0", "p"});
        recorder.record({"team", "web"}, "l", "web-0 became leader");
    }
    EXPECT_THAT(onLease, HasSubstr("POST /api/v1/namespaces/team/events HTTP/1.1"));
    EXPECT_THAT(onLease, HasSubstr(R"("kind":"Lease","namespace":"team","name":"web","uid":"l")"));
    EXPECT_THAT(onPod, HasSubstr(R"("kind":"Pod","namespace":"team","name":"web-0","uid":"p")"));
}

TEST_F(EventRecorderTest, TellsAMissingPermissionOnce) {
    const std::string written = loggedAfter403(
        "events is forbidden: User \\\"system:serviceaccount:team:web\\\" cannot create resource "
        "\\\"events\\\" in API group \\\"\\\" in the namespace \\\"team\\\"");
    const auto first = written.find("Events cannot be posted; the Role needs");
    ASSERT_NE(first, std::string::npos);
    EXPECT_EQ(written.find("Events cannot be posted", first + 1), std::string::npos);
}

TEST_F(EventRecorderTest, AdvisesARoleOnlyWhereOneWouldMendIt) {
    for (const char* message :
         {"events \\\"a\\\" is forbidden: unable to create new content in namespace team because "
          "it is "
          "being terminated",
          "events \\\"a\\\" is forbidden: exceeded quota: few, requested: count/events=1, used: "
          "count/events=10, limited: count/events=10"}) {
        const std::string written = loggedAfter403(message);
        EXPECT_THAT(written, HasSubstr("Events cannot be posted"));
        EXPECT_THAT(written, Not(HasSubstr("Role"))) << message;
    }
}

TEST_F(EventRecorderTest, DropsWhatNobodyTakesInsteadOfHangingAtItsEnd) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.awaitClose(); }});
    const auto begin = clock_.now();
    {
        EventRecorder recorder(accessTo(server), clock_, log_, std::nullopt);
        for (int count = 0; count < 100; ++count) {
            recorder.record({"team", "web"}, "l", "web-0 became leader");
        }
    }
    EXPECT_LT(clock_.now() - begin, std::chrono::seconds(15));
}

}  // namespace
}  // namespace elector::kubernetes
