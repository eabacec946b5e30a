#include <gmock/gmock.h>

#include <thread>

#include "tests/contract/contract_test.h"
#include "tests/contract/recording_sink.h"

// What a LeaseStore promises of watches.
namespace elector::test {
namespace {

using election::ApiError;
using election::Lease;
using Kind = RecordingSink::Kind;

class WatchContract : public ContractTest {
  protected:
    // A watch on a thread of its own; it ends with this.
    class Watching {
      public:
        Watching(store::LeaseStore& client, const election::LeaseKey& key)
            : thread_([this, &client, key](const std::stop_token& stop) {
                  end_ = client.watch(key, sink, std::chrono::seconds(20), stop);
              }) {}

        // Returns why it ended, and how long that took.
        std::chrono::nanoseconds stop(const runtime::Clock& clock) {
            const auto before = clock.now();
            thread_.request_stop();
            thread_.join();
            return clock.now() - before;
        }
        const std::optional<ApiError>& end() const { return end_; }

        RecordingSink sink;

      private:
        std::optional<ApiError> end_;
        std::jthread thread_;
    };

    // Watches have a client of their own here: a client is not asked to write and watch for one
    // and the same test, though it could.
    std::unique_ptr<store::LeaseStore> watcher_ = backend_->client();
};

INSTANTIATE_TEST_SUITE_P(Stores, WatchContract, testing::ValuesIn(allBackends()), nameOf);

TEST_P(WatchContract, TellsFirstThatThereIsNoLease) {
    const auto before = clock_.now();
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    const auto first = watching.sink.entries().front();
    EXPECT_EQ(first.kind, Kind::Listed);
    EXPECT_EQ(first.lease, std::nullopt);
    EXPECT_GE(first.sentAt, before);
    EXPECT_LE(first.sentAt, clock_.now());
}

TEST_P(WatchContract, TellsFirstWhichLeaseThereIs) {
    const Lease lease = created();
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    const auto first = watching.sink.entries().front();
    EXPECT_EQ(first.kind, Kind::Listed);
    ASSERT_TRUE(first.lease);
    EXPECT_EQ(first.lease->revision, lease.revision);
    EXPECT_EQ(first.lease->record, lease.record);
    // As get() and a list answer it: another form of the same state is no change.
    EXPECT_EQ(first.lease->fingerprint, lease.fingerprint);
}

TEST_P(WatchContract, TellsOfCreationChangeDeletionAndRecreation) {
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));

    const Lease first = created();
    ASSERT_TRUE(watching.sink.waitForRevision(first.revision));
    const Lease second = updated(first, heldBy("web-1", 1));
    ASSERT_TRUE(watching.sink.waitForRevision(second.revision));
    EXPECT_EQ(watching.sink.entries().back().lease->record, heldBy("web-1", 1));
    EXPECT_EQ(watching.sink.entries().back().lease->fingerprint, second.fingerprint);
    backend_->remove(key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Deleted, 1));
    const Lease third = created();
    ASSERT_TRUE(watching.sink.waitForRevision(third.revision));
    EXPECT_EQ(watching.sink.entries().back().lease->uid, third.uid);
}

TEST_P(WatchContract, TellsChangesInTheirOrder) {
    Lease lease = created();
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    for (int change = 1; change <= 20; ++change) {
        lease = updated(lease, heldBy("web-0", change));
    }
    ASSERT_TRUE(watching.sink.waitForRevision(lease.revision));
    std::optional<election::Revision> last;
    for (const auto& entry : watching.sink.entries()) {
        ASSERT_TRUE(entry.lease);
        if (last) {
            EXPECT_GT(entry.lease->revision, *last);
        }
        last = entry.lease->revision;
    }
}

TEST_P(WatchContract, TellsNothingOfOtherLeases) {
    const election::LeaseKey other{key_.space, key_.name + "-other"};
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    ASSERT_TRUE(client_->create(other, heldBy("someone"), soon()).ok());
    const Lease own = created();
    ASSERT_TRUE(watching.sink.waitForRevision(own.revision));
    for (const auto& entry : watching.sink.entries()) {
        EXPECT_TRUE(!entry.lease || entry.lease->record.holder == "web-0");
    }
    backend_->remove(other);
}

TEST_P(WatchContract, AStopEndsItAtOnce) {
    Watching watching(*watcher_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    // Milliseconds where nothing waits; a machine may be slow, but no time-out is this short.
    EXPECT_LT(watching.stop(clock_), std::chrono::seconds(3));
    EXPECT_TRUE(watching.end());
}

TEST_P(WatchContract, EndsAtOnceWhereAStopWasRequestedBefore) {
    std::stop_source stop;
    stop.request_stop();
    RecordingSink sink;
    const auto before = clock_.now();
    const ApiError end = watcher_->watch(key_, sink, std::chrono::seconds(20), stop.get_token());
    EXPECT_LT(clock_.now() - before, std::chrono::seconds(3));
    EXPECT_EQ(end.kind, election::ErrorKind::TimedOut);
}

TEST_P(WatchContract, CanBeBegunAgain) {
    const Lease first = created();
    {
        Watching watching(*watcher_, key_);
        ASSERT_TRUE(watching.sink.waitForRevision(first.revision));
    }
    const Lease second = updated(first, heldBy("web-0", 1));
    Watching again(*watcher_, key_);
    ASSERT_TRUE(again.sink.waitForRevision(second.revision));
    EXPECT_EQ(again.sink.entries().front().kind, Kind::Listed);
}

TEST_P(WatchContract, SeveralWatchersAreToldTheSame) {
    const auto another = backend_->client();
    Watching one(*watcher_, key_);
    Watching two(*another, key_);
    ASSERT_TRUE(one.sink.waitForCount(Kind::Listed, 1));
    ASSERT_TRUE(two.sink.waitForCount(Kind::Listed, 1));
    const Lease lease = created();
    EXPECT_TRUE(one.sink.waitForRevision(lease.revision));
    EXPECT_TRUE(two.sink.waitForRevision(lease.revision));
}

TEST_P(WatchContract, OneClientWritesWhileItWatches) {
    Watching watching(*client_, key_);
    ASSERT_TRUE(watching.sink.waitForCount(Kind::Listed, 1));
    const Lease lease = created();
    EXPECT_TRUE(watching.sink.waitForRevision(lease.revision));
    EXPECT_TRUE(got());
}

}  // namespace
}  // namespace elector::test
