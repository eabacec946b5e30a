#include "tests/integration/integration_test.h"

// Electors whose Role is missing, too small or comes late; tokens that expire.
namespace elector::test {
namespace {

using RightsTest = IntegrationTest;
using testing::HasSubstr;

TEST_F(RightsTest, TheOldSidecarsRoleSuffices) {
    server_.forbid({"list", "watch"});
    const auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading()) << leader->output();
    const auto follower = elector("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    const int gets = server_.count("get");
    const int renewals = server_.count("update");
    ASSERT_TRUE(waitForUpdates(10));
    // About as often as the leader renews: every retry period, with jitter.
    const int polls = server_.count("get") - gets;
    const int rounds = server_.count("update") - renewals;
    EXPECT_GE(polls, rounds / 3);
    EXPECT_LE(polls, 4 * rounds);
    EXPECT_EQ(follower->timesSaid("not allowed to watch"), 1) << follower->output();
    leader->signal(SIGTERM);
    EXPECT_TRUE(follower->waitUntilLeading());
}

TEST_F(RightsTest, WithoutAnyRightItStaysUpSaysSoOnceAndJoinsWhenGranted) {
    server_.forbid({"get", "list", "watch", "create", "update", "event"});
    const auto web = elector("web-0");
    ASSERT_TRUE(eventually([&] { return server_.requests().size() >= 5; })) << web->output();
    EXPECT_EQ(web->get("/healthz")->status, 200);
    const auto ready = web->get("/readyz");
    ASSERT_TRUE(ready);
    EXPECT_EQ(ready->status, 503);
    EXPECT_THAT(ready->body, HasSubstr("forbidden")) << ready->body;
    EXPECT_FALSE(isLeading(*web));
    EXPECT_TRUE(web->isRunning());
    EXPECT_EQ(web->timesSaid("\"level\":\"warn\""), 1) << web->output();
    EXPECT_THAT(web->output(), HasSubstr("Role"));

    server_.forbid({});
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    EXPECT_EQ(web->get("/readyz")->status, 200);
}

TEST_F(RightsTest, UnderTheRoleOfNaisItNamesTheVerbThatIsMissing) {
    server_.forbid({"update"});
    const auto web = run({"--election=web", "--election-namespace=default", "--id=web-0",
                          "--http=127.0.0.1:0", "--kubeconfig=" + kubeconfig_});
    std::optional<HttpReply> ready;
    ASSERT_TRUE(eventually([&] {
        ready = web->get("/readyz");
        return ready && ready->status == 503 && ready->body.find("update") != std::string::npos;
    })) << web->output();
    EXPECT_TRUE(web->waitForOutput("update")) << web->output();
    EXPECT_THAT(web->get("/")->body, HasSubstr("{\"name\":\"\","));
    server_.forbid({});
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    EXPECT_THAT(web->get("/")->body, HasSubstr("{\"name\":\"web-0\","));
}

TEST_F(RightsTest, AnExpiredTokenIsReplacedByTheFilesNewOneWithinTheTerm) {
    const std::string file = folder_.path() + "/token";
    writeText(file, std::string(FakeApiServer::kToken) + "\n");
    writeText(kubeconfig_, server_.kubeconfigWithTokenFile(file));
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string before = token(*web);
    // As the kubelet does it: first the new file, later the old token's end.
    writeText(file, "second-token\n");
    server_.acceptTokens({"second-token"});
    ASSERT_TRUE(waitForUpdates(8)) << web->output();
    EXPECT_EQ(token(*web), before) << web->output();
}

TEST_F(RightsTest, A401LastsUntilANewTokenIsThere) {
    const std::string file = folder_.path() + "/token";
    writeText(file, FakeApiServer::kToken);
    writeText(kubeconfig_, server_.kubeconfigWithTokenFile(file));
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string before = token(*web);
    server_.acceptTokens({"second-token"});
    ASSERT_TRUE(waitUntilNotLeading(*web, kRenew + kSlack)) << web->output();
    writeText(file, "second-token");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    EXPECT_NE(token(*web), before);
}

}  // namespace
}  // namespace elector::test
