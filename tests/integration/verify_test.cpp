#include <csignal>
#include <string>

#include "tests/integration/integration_test.h"

// GET /api/token/verify: whether a token is the present one, as the Lease itself says.
namespace elector::test {
namespace {

using testing::HasSubstr;

class VerifyTest : public IntegrationTest {
  protected:
    static HttpReply verify(const ElectorProcess& process, const std::string& token) {
        return process.get("/api/token/verify?token=" + token).value_or(HttpReply{});
    }
    void somebodyTakesTheLease() {
        server_.leases().edit(key_, [](Poco::JSON::Object& lease) {
            lease.getObject("spec")->set("holderIdentity", "somebody");
        });
    }
};

TEST_F(VerifyTest, EachTokenIsCurrentInItsTermAlone) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    const std::string before = token(*first);
    EXPECT_THAT(verify(*first, before).body, HasSubstr(R"({"current":true,"token":")" + before));

    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    EXPECT_EQ(verify(*second, before).status, 503) << "only the leader's elector knows it";
    first->signal(SIGSTOP);
    ASSERT_TRUE(second->waitUntilLeading()) << second->output();
    const std::string after = token(*second);
    EXPECT_EQ(verify(*second, after).status, 200);
    const HttpReply reply = verify(*second, before);
    EXPECT_EQ(reply.status, 409);
    EXPECT_THAT(reply.body, HasSubstr(R"({"current":false,"currentToken":")" + after));
    // A program that was stopped with its elector, and asks before it acts.
    first->signal(SIGCONT);
    EXPECT_EQ(verify(*first, before).status, 409);
}

// The elector has not heard of it: it believes for up to D that it leads.
TEST_F(VerifyTest, AStolenLeaseIsNoticedBeforeTheNextRenewal) {
    const auto web =
        run({"--id=web-0", "--lease-name=web", "--addr=127.0.0.1:0", "--kubeconfig=" + kubeconfig_,
             "--lease-duration=60s", "--lease-renew-duration=40s", "--retry-period=30s"});
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    server_.holdWatches(true);
    const std::string before = token(*web);
    somebodyTakesTheLease();
    EXPECT_EQ(verify(*web, before).status, 409);
    EXPECT_TRUE(isLeading(*web)) << "it has only read for the program";
}

TEST_F(VerifyTest, AnApiThatHangsConfirmsNothingAndDelaysNoRenewal) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string before = token(*web);
    server_.onRequest([](const ApiRequest& request) {
        return request.verb == "get" ? ApiFault::of(ApiFault::Kind::Hang) : ApiFault{};
    });
    const int updates = server_.count("update");
    EXPECT_EQ(verify(*web, before).status, 503);
    EXPECT_GT(server_.count("update"), updates) << "it renews meanwhile, five times as a rule";
    EXPECT_EQ(token(*web), before);
    server_.onRequest({});
    server_.releaseHung();
    EXPECT_TRUE(eventually([&] { return verify(*web, before).status == 200; }));
}

TEST_F(VerifyTest, AnAnswerIsAReadOfItsOwn) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string present = token(*web);
    constexpr int kTimes = 5;
    const int before = server_.count("get");
    for (int i = 0; i < kTimes; ++i) {
        EXPECT_EQ(verify(*web, present).status, 200);
    }
    EXPECT_GE(server_.count("get"), before + kTimes);
}

}  // namespace
}  // namespace elector::test
