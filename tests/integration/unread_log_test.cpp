#include <csignal>

#include "tests/integration/integration_test.h"

// A pipe behind standard error that nobody empties holds nobody: neither the election nor the
// server that answers for it.
namespace elector::test {
namespace {

class UnreadLogTest : public IntegrationTest {
  protected:
    // A program that writes as much as it can, and the first line already has to wait.
    Process unread(const std::string& id) const {
        auto process = elector(id, {"--log-level=debug"});
        EXPECT_NE(process->port(), 0);
        process->leaveOutputUnread();
        return process;
    }
};

TEST_F(UnreadLogTest, ALeaderStepsDownAndReleases) {
    const auto leader = unread("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const auto follower = elector(
        "web-1", {"--lease-duration=1h", "--lease-renew-duration=1s", "--retry-period=200ms"});
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    leader->signal(SIGTERM);
    EXPECT_EQ(leader->waitForExit(), 0);
    EXPECT_TRUE(follower->waitUntilLeading()) << follower->output();  // within an hour: released
}

TEST_F(UnreadLogTest, ATermGoesOn) {
    const auto leader = unread("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const std::string before = token(*leader);
    ASSERT_TRUE(waitForUpdates(10));  // ten retry periods, twice the renew duration
    EXPECT_EQ(token(*leader), before);
    EXPECT_EQ(leader->get("/healthz")->status, 200);
}

TEST_F(UnreadLogTest, AFollowerTakesOver) {
    auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const auto follower = unread("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    leader->signal(SIGKILL);
    EXPECT_TRUE(follower->waitUntilLeading());
}

TEST_F(UnreadLogTest, DroppedLinesAreCounted) {
    const auto leader = elector("web-0", {"--log-level=debug"});
    ASSERT_TRUE(leader->waitUntilLeading());
    leader->closeOutput();
    EXPECT_TRUE(eventually([&] {
        const auto metrics = leader->get("/metrics");
        return metrics &&
               metrics->body.find("\nleader_elector_log_lines_dropped_total ") !=
                   std::string::npos &&
               metrics->body.find("\nleader_elector_log_lines_dropped_total 0\n") ==
                   std::string::npos;
    }));
    EXPECT_TRUE(isLeading(*leader));
}

}  // namespace
}  // namespace elector::test
