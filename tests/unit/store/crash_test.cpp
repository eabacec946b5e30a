#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

#include "elector/store/file_store.h"
#include "tests/support/temporary_folder.h"

// The file store among processes, and when they are killed.
namespace elector::store {
namespace {

const LeaseKey kKey{"default", "web"};

CallLimits within(std::chrono::seconds limit) {
    return {runtime::SystemClock().now() + limit, {}};
}

// Adds one to leaseTransitions, `times` times, or for ever where that is 0. Returns false where
// something other than a lost race went wrong.
bool increment(const std::string& folder, int times) {
    const runtime::SystemClock clock;
    FileStore store(folder, clock);
    for (int done = 0; times == 0 || done < times;) {
        const auto found = store.get(kKey, within(std::chrono::seconds(30)));
        if (!found.ok() || !found.value()) {
            return false;
        }
        LeaseRecord next = found.value()->record;
        ++next.transitions;
        const auto written =
            store.update(kKey, *found.value(), next, within(std::chrono::seconds(30)));
        if (written.ok()) {
            ++done;
        } else if (written.error().kind != election::ErrorKind::Conflict) {
            return false;
        }
    }
    return true;
}

// A process of its own that increments.
pid_t incrementer(const std::string& folder, int times) {
    const pid_t child = fork();
    if (child == 0) {
        _exit(increment(folder, times) ? 0 : 1);
    }
    return child;
}

class CrashTest : public testing::Test {
  protected:
    CrashTest() {
        EXPECT_TRUE(store_.create(kKey, LeaseRecord{}, within(std::chrono::seconds(20))).ok());
    }
    Lease current() {
        auto found = store_.get(kKey, within(std::chrono::seconds(20)));
        EXPECT_TRUE(found.ok()) << (found ? "" : found.error().message);
        EXPECT_TRUE(found.value());
        return *std::move(found).value();
    }
    void waitForRevisionAbove(const election::Revision& revision) {
        const auto limits = within(std::chrono::seconds(20));
        while (!(current().revision > revision) && clock_.now() < limits.deadline) {
        }
    }

    test::TemporaryFolder temporary_;
    std::string folder_ = temporary_.path() + "/store";
    runtime::SystemClock clock_;
    FileStore store_{folder_, clock_};
};

TEST_F(CrashTest, ProcessesLoseNoneOfEachOthersWrites) {
    constexpr int kProcesses = 4;
    constexpr int kIncrements = 15;
    std::vector<pid_t> children;
    for (int process = 0; process < kProcesses; ++process) {
        children.push_back(incrementer(folder_, kIncrements));
    }
    for (const pid_t child : children) {
        int status = 0;
        ASSERT_EQ(waitpid(child, &status, 0), child);
        EXPECT_EQ(status, 0);
    }
    EXPECT_EQ(current().record.transitions, kProcesses * kIncrements);
}

TEST_F(CrashTest, AKillAtAnyInstantLeavesAReadableStoreThatGoesOn) {
    // The instants differ from round to round as the machine does; a write takes most of the
    // child's time, so that most kills meet one.
    for (int round = 0; round < 40; ++round) {
        const Lease before = current();
        const pid_t child = incrementer(folder_, 0);
        waitForRevisionAbove(before.revision);
        ASSERT_EQ(kill(child, SIGKILL), 0);
        ASSERT_EQ(waitpid(child, nullptr, 0), child);

        const Lease after = current();
        EXPECT_GT(after.revision, before.revision);
        EXPECT_GT(after.record.transitions, before.record.transitions);
        LeaseRecord next = after.record;
        ++next.transitions;
        // At once: the kernel gave the lock back.
        const auto written = store_.update(kKey, after, next, within(std::chrono::seconds(20)));
        ASSERT_TRUE(written.ok()) << written.error().message;
        EXPECT_GT(written.value().lease.revision, after.revision);
    }
}

TEST_F(CrashTest, LeftoversOfAKilledWriterAreOverwritten) {
    test::writeText(folder_ + "/default/web/.lease.json.new", std::string(100000, 'x'));
    test::writeText(folder_ + "/..revision.new", "99999");
    const Lease before = current();
    ASSERT_TRUE(increment(folder_, 1));
    EXPECT_EQ(current().record.transitions, before.record.transitions + 1);
}

}  // namespace
}  // namespace elector::store
