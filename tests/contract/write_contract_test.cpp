#include <gmock/gmock.h>

#include <atomic>
#include <thread>
#include <vector>

#include "elector/names.h"
#include "tests/contract/contract_test.h"

// What a LeaseStore promises of reads and writes.
namespace elector::test {
namespace {

using election::ErrorKind;
using election::Lease;
using election::LeaseRecord;
using WriteContract = ContractTest;

INSTANTIATE_TEST_SUITE_P(Stores, WriteContract, testing::ValuesIn(allBackends()), nameOf);

TEST_P(WriteContract, GetsNothingWhereThereIsNoLease) {
    EXPECT_EQ(got(), std::nullopt);
}

TEST_P(WriteContract, CreatesALeaseThatIsReadBackAsWritten) {
    const auto written = client_->create(key_, heldBy("web-0", 3), soon());
    ASSERT_TRUE(written.ok());
    EXPECT_TRUE(written.value().created);
    EXPECT_EQ(written.value().lease.record, heldBy("web-0", 3));
    EXPECT_THAT(written.value().lease.oddities, testing::IsEmpty());
    EXPECT_FALSE(written.value().lease.uid.empty());

    const auto found = got();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record, heldBy("web-0", 3));
    EXPECT_EQ(found->uid, written.value().lease.uid);
    EXPECT_EQ(found->revision, written.value().lease.revision);
    EXPECT_EQ(found->fingerprint, written.value().lease.fingerprint);
}

TEST_P(WriteContract, AnotherClientReadsWhatWasWritten) {
    const Lease lease = created();
    const auto found = backend_->client()->get(key_, soon());
    ASSERT_TRUE(found.ok());
    ASSERT_TRUE(found.value());
    EXPECT_EQ(found.value()->uid, lease.uid);
    EXPECT_EQ(found.value()->revision, lease.revision);
    EXPECT_EQ(found.value()->fingerprint, lease.fingerprint);
}

TEST_P(WriteContract, RefusesToCreateWhatExists) {
    const Lease first = created(heldBy("web-0"));
    const auto second = backend_->client()->create(key_, heldBy("web-1"), soon());
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().kind, ErrorKind::Invalid);
    const auto found = got();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record.holder, "web-0");
    EXPECT_EQ(found->revision, first.revision);
}

TEST_P(WriteContract, OfRacingCreationsOneSucceeds) {
    constexpr int kRacers = 6;
    std::atomic<int> successes = 0;
    std::atomic<int> refusals = 0;
    {
        std::vector<std::jthread> racers;
        for (int racer = 0; racer < kRacers; ++racer) {
            racers.emplace_back([&, racer] {
                const auto client = backend_->client();
                const auto written =
                    client->create(key_, heldBy("web-" + std::to_string(racer)), soon());
                successes += written.ok() && written.value().created ? 1 : 0;
                refusals += !written.ok() && written.error().kind == ErrorKind::Invalid ? 1 : 0;
            });
        }
    }
    EXPECT_EQ(successes, 1);
    EXPECT_EQ(refusals, kRacers - 1);
}

TEST_P(WriteContract, UpdatesTheLeaseItRead) {
    const Lease first = created(heldBy("web-0"));
    const auto second = client_->update(key_, first, heldBy("web-1", 1), soon());
    ASSERT_TRUE(second.ok()) << second.error().message;
    EXPECT_FALSE(second.value().created);
    EXPECT_EQ(second.value().lease.uid, first.uid);
    EXPECT_GT(second.value().lease.revision, first.revision);
    EXPECT_EQ(second.value().lease.record, heldBy("web-1", 1));
    EXPECT_NE(second.value().lease.fingerprint, first.fingerprint);
    EXPECT_EQ(got()->record, heldBy("web-1", 1));
}

TEST_P(WriteContract, RefusesAStaleRevision) {
    const Lease first = created(heldBy("web-0"));
    const Lease second = updated(first, heldBy("web-0", 1));
    const auto stale = client_->update(key_, first, heldBy("web-1", 1), soon());
    ASSERT_FALSE(stale.ok());
    EXPECT_EQ(stale.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(got()->revision, second.revision);
}

TEST_P(WriteContract, RefusesToUpdateADeletedLeaseAndDoesNotCreateIt) {
    const Lease lease = created();
    backend_->remove(key_);
    const auto update = client_->update(key_, lease, heldBy("web-0", 1), soon());
    ASSERT_FALSE(update.ok());
    EXPECT_EQ(update.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(got(), std::nullopt);
}

TEST_P(WriteContract, RefusesToUpdateTheSuccessorOfADeletedLease) {
    const Lease before = created(heldBy("web-0"));
    backend_->remove(key_);
    const Lease after = created(heldBy("web-0"));
    EXPECT_NE(after.uid, before.uid);
    EXPECT_NE(after.fingerprint, before.fingerprint);
    const auto update = client_->update(key_, before, heldBy("web-0", 1), soon());
    ASSERT_FALSE(update.ok());
    EXPECT_EQ(update.error().kind, ErrorKind::Conflict);
    EXPECT_EQ(got()->revision, after.revision);
}

TEST_P(WriteContract, RevisionsGrowOverDeletionAndRecreation) {
    Lease last = created();
    for (int round = 0; round < 5; ++round) {
        last = updated(last, heldBy("web-0", round + 1));
        backend_->remove(key_);
        const Lease next = created();
        EXPECT_GT(next.revision, last.revision);
        last = next;
    }
}

TEST_P(WriteContract, AnIdenticalUpdateChangesNothing) {
    const Lease first = created();
    const auto same = client_->update(key_, first, first.record, soon());
    ASSERT_TRUE(same.ok()) << same.error().message;
    EXPECT_FALSE(same.value().created);
    EXPECT_EQ(same.value().lease.revision, first.revision);
    EXPECT_EQ(got()->revision, first.revision);
}

TEST_P(WriteContract, ALabelChangesTheRevisionButNotTheFingerprint) {
    const Lease before = created();
    backend_->label(key_, "team", "a");
    const auto after = got();
    ASSERT_TRUE(after);
    EXPECT_GT(after->revision, before.revision);
    EXPECT_EQ(after->fingerprint, before.fingerprint);
    EXPECT_EQ(after->record, before.record);

    const auto stale = client_->update(key_, before, heldBy("web-0", 1), soon());
    ASSERT_FALSE(stale.ok());
    EXPECT_EQ(stale.error().kind, ErrorKind::Conflict);
}

TEST_P(WriteContract, ForeignLabelsSurviveUpdates) {
    created();
    backend_->label(key_, "example.com/team", "a");
    const Lease second = updated(*got(), heldBy("web-1", 1));
    updated(second, heldBy("web-1", 2));
    EXPECT_EQ(backend_->labelOf(key_, "example.com/team"), "a");
}

TEST_P(WriteContract, KeepsTimesToTheMicrosecond) {
    Lease lease = created();
    for (const char* time : {"2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.000001Z",
                             "2026-12-31T23:59:59.999999Z", "2028-02-29T00:00:00.100000Z"}) {
        LeaseRecord record = heldBy("web-0");
        record.acquireTime = wallTime(time);
        record.renewTime = wallTime(time) + std::chrono::microseconds(1);
        lease = updated(lease, record);
        EXPECT_EQ(lease.record.acquireTime, record.acquireTime) << time;
        EXPECT_EQ(got()->record.renewTime, record.renewTime) << time;
    }
}

TEST_P(WriteContract, AReleaseIsReadBackAsARelease) {
    const Lease held = created(heldBy("web-0", 4));
    LeaseRecord release = held.record;
    release.holder = "";
    release.duration = std::chrono::seconds(1);
    updated(held, release);
    const auto found = got();
    ASSERT_TRUE(found);
    EXPECT_TRUE(election::isRelease(found->record));
    EXPECT_EQ(found->record.transitions, 4);
    EXPECT_THAT(found->oddities, testing::IsEmpty());
}

TEST_P(WriteContract, AVacantLeaseIsReadBackAsUnheldButNotAsARelease) {
    LeaseRecord vacant = heldBy(names::kVacantHolder);
    created(vacant);
    const auto found = got();
    ASSERT_TRUE(found);
    EXPECT_EQ(found->record, vacant);
    EXPECT_TRUE(election::isUnheld(found->record));
    EXPECT_FALSE(election::isRelease(found->record));
}

TEST_P(WriteContract, ARecordOfAbsentFieldsIsReadBackAsSuch) {
    const Lease lease = created(LeaseRecord{});
    EXPECT_EQ(lease.record, LeaseRecord{});
    EXPECT_EQ(got()->record, LeaseRecord{});
    // And they can be taken out again.
    const Lease held = updated(lease, heldBy("web-0", 1));
    EXPECT_EQ(updated(held, LeaseRecord{}).record, LeaseRecord{});
}

TEST_P(WriteContract, TextsComeBackAsWritten) {
    LeaseRecord record = heldBy("w\"e\\b/\t<é漢🙂>\x7f");
    record.session = "uid/\"\\\n";
    created(record);
    EXPECT_EQ(got()->record, record);
}

TEST_P(WriteContract, ConcurrentIncrementsLoseNothing) {
    constexpr int kWriters = 4;
    constexpr int kIncrements = 10;
    created(heldBy("web-0", 0));
    {
        std::vector<std::jthread> writers;
        for (int writer = 0; writer < kWriters; ++writer) {
            writers.emplace_back([&] {
                const auto client = backend_->client();
                const store::CallLimits limits{clock_.now() + std::chrono::seconds(60), {}};
                for (int done = 0; done < kIncrements && clock_.now() < limits.deadline;) {
                    const auto found = client->get(key_, limits);
                    if (!found.ok() || !found.value()) {
                        ADD_FAILURE() << (found ? "the Lease is gone" : found.error().message);
                        return;
                    }
                    const Lease& base = *found.value();
                    const auto next = heldBy("web-0", base.record.transitions + 1);
                    done += client->update(key_, base, next, limits).ok() ? 1 : 0;
                }
            });
        }
    }
    EXPECT_EQ(got()->record.transitions, kWriters * kIncrements);
}

TEST_P(WriteContract, NothingIsDoneAfterTheDeadline) {
    const store::CallLimits past{clock_.now() - std::chrono::seconds(1), {}};
    const auto written = client_->create(key_, heldBy("web-0"), past);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
    const auto found = client_->get(key_, past);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().kind, ErrorKind::TimedOut);
    EXPECT_EQ(got(), std::nullopt);
}

TEST_P(WriteContract, NothingIsDoneAfterAStop) {
    std::stop_source stop;
    stop.request_stop();
    const store::CallLimits stopped{soon().deadline, stop.get_token()};
    const auto written = client_->create(key_, heldBy("web-0"), stopped);
    ASSERT_FALSE(written.ok());
    EXPECT_EQ(written.error().kind, ErrorKind::TimedOut);
    EXPECT_EQ(got(), std::nullopt);
}

}  // namespace
}  // namespace elector::test
