#include <csignal>
#include <filesystem>

#include "elector/store/file_store.h"
#include "tests/integration/integration_test.h"

// --store=file:DIR, from end to end.
namespace elector::test {
namespace {

class FileStoreEndToEnd : public IntegrationTest {
  protected:
    Process candidate(const std::string& id) const {
        return run(
            {"--id=" + id, "--lease-name=web", "--addr=127.0.0.1:0", "--store=file:" + root_});
    }
    std::string leaseFile() const { return root_ + "/default/web/lease.json"; }

    // Changes the file between two writes: one that has read it before would undo the change.
    void byHand(const std::function<void()>& change) const {
        const auto lock = store::FolderLock::acquire(
            root_ + "/.lock", {clock_.now() + Seconds(20), std::stop_token()}, clock_);
        ASSERT_TRUE(lock) << lock.error().message;
        change();
    }

    std::string root_ = folder_.path() + "/leases";
};

TEST_F(FileStoreEndToEnd, OneLeadsIsKilledAndReplaced) {
    auto first = candidate("one");
    ASSERT_TRUE(first->waitUntilLeading()) << first->output();
    const auto second = candidate("two");
    ASSERT_TRUE(waitForName(*second, "one"));
    claims_.follow(first);
    claims_.follow(second);
    const auto begun = clock_.now();
    ASSERT_TRUE(eventually([&] { return clock_.now() - begun > kLease; }));
    const auto killed = clock_.now();
    first->signal(SIGKILL);
    ASSERT_TRUE(second->waitUntilLeading()) << second->output();
    EXPECT_LE(clock_.now() - killed, kLease + kSlack);
    EXPECT_TRUE(claims_.stopAtToken(2));
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(FileStoreEndToEnd, AReleaseHandsOverAtOnce) {
    auto first = candidate("one");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = candidate("two");
    ASSERT_TRUE(waitForName(*second, "one"));
    first->signal(SIGTERM);
    EXPECT_EQ(first->waitForExit(), 0) << first->output();
    EXPECT_TRUE(second->waitUntilLeading());
    EXPECT_THAT(readText(leaseFile()), testing::HasSubstr("\"holderIdentity\":\"two\""));
}

TEST_F(FileStoreEndToEnd, ARemovedLeaseIsTakenAgainByItsLeader) {
    const auto first = candidate("one");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = candidate("two");
    ASSERT_TRUE(waitForName(*second, "one"));
    claims_.follow(first);
    claims_.follow(second);
    const std::string before = token(*first);
    byHand([&] { std::filesystem::remove(leaseFile()); });
    ASSERT_TRUE(first->waitForLeader([&](const LeaderReply& reply) {
        return reply.isLeader && reply.fencingToken != before;
    })) << first->output();
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(FileStoreEndToEnd, AFileThatIsNoLeaseIsNamedAndEndsWithIt) {
    const auto first = candidate("one");
    ASSERT_TRUE(first->waitUntilLeading());
    byHand([&] { writeText(leaseFile(), "not JSON"); });
    ASSERT_TRUE(waitUntilNotLeading(*first, kRenew + kSlack));
    EXPECT_TRUE(first->waitForOutput(leaseFile())) << first->output();
    EXPECT_EQ(first->get("/healthz")->status, 200);
    std::filesystem::remove(leaseFile());
    EXPECT_TRUE(first->waitUntilLeading()) << first->output();
}

}  // namespace
}  // namespace elector::test
