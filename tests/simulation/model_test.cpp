// What the simulation stands on: its API server, its clocks, its queue.

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "tests/simulation/api_model.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/event_queue.h"

namespace elector::simulation {
namespace {

using election::ApiError;
using election::ErrorKind;
using election::Intent;
using election::Landed;
using election::Lease;
using election::LeaseRecord;
using election::WriteRequest;
using std::chrono::seconds;

class ApiModelTest : public ::testing::Test {
  protected:
    ApiModelTest() : api_(9, random_) {
        api_.onChange([this] { ++told_; });
    }

    static LeaseRecord record(const std::string& holder) {
        LeaseRecord made;
        made.holder = holder;
        made.duration = seconds(10);
        return made;
    }
    Lease create() {
        return std::get<Landed>(api_.write({Intent::Create, std::nullopt, record("a")})).lease;
    }
    ErrorKind refusalOf(const WriteRequest& request) {
        return std::get<ApiError>(api_.write(request)).kind;
    }

    Random random_{1};
    int told_ = 0;
    ApiModel api_;
};

TEST_F(ApiModelTest, CreatesOnceAndAnswersInvalidToTheOthers) {
    EXPECT_FALSE(api_.read());
    const auto answer = api_.write({Intent::Create, std::nullopt, record("a")});
    EXPECT_TRUE(std::get<Landed>(answer).created);
    EXPECT_EQ(refusalOf({Intent::Create, std::nullopt, record("b")}), ErrorKind::Invalid);
    EXPECT_EQ(api_.read()->record.holder, "a");
    EXPECT_EQ(told_, 1);
}

TEST_F(ApiModelTest, ComparesRevisionAndUidBeforeItSwaps) {
    const Lease first = create();
    const auto answer = api_.write({Intent::Renew, first, record("b")});
    const auto& second = std::get<Landed>(answer);
    EXPECT_FALSE(second.created);
    EXPECT_GT(second.lease.revision, first.revision);
    EXPECT_EQ(second.lease.uid, first.uid);
    EXPECT_EQ(refusalOf({Intent::Renew, first, record("c")}), ErrorKind::Conflict);
    api_.remove();
    EXPECT_EQ(refusalOf({Intent::Renew, second.lease, record("c")}), ErrorKind::Conflict);
    EXPECT_NE(create().uid, first.uid);
    EXPECT_EQ(refusalOf({Intent::Renew, second.lease, record("c")}), ErrorKind::Conflict);
}

TEST_F(ApiModelTest, AnIdenticalWriteHasTheOldRevisionAndTellsNobody) {
    const Lease first = create();
    const auto answer = api_.write({Intent::Renew, first, first.record});
    EXPECT_EQ(std::get<Landed>(answer).lease.revision, first.revision);
    EXPECT_EQ(told_, 1);
}

TEST_F(ApiModelTest, OnlyAnEditOfTheSpecChangesTheFingerprint) {
    const Lease first = create();
    api_.editMetadata();
    EXPECT_GT(api_.read()->revision, first.revision);
    EXPECT_EQ(api_.read()->fingerprint, first.fingerprint);
    api_.editSpec();
    EXPECT_NE(api_.read()->fingerprint, first.fingerprint);
    EXPECT_EQ(api_.changes().size(), 3U);
}

TEST_F(ApiModelTest, AWatchSeesEveryChangeAndDeletion) {
    create();
    api_.remove();
    api_.remove();
    create();
    ASSERT_EQ(api_.changes().size(), 3U);
    EXPECT_FALSE(api_.changes()[1]);
    EXPECT_GT(api_.changes()[2]->revision, api_.changes()[0]->revision);
}

TEST_F(ApiModelTest, AnUpdateWithoutUidCreatesWhatIsGoneAndOneWithUidDoesNot) {
    Lease base = create();
    api_.remove();
    EXPECT_EQ(refusalOf({Intent::Renew, base, record("a")}), ErrorKind::Conflict);
    base.uid.clear();
    EXPECT_TRUE(std::get<Landed>(api_.write({Intent::Renew, base, record("a")})).created);
}

TEST_F(ApiModelTest, ARestoredBackupGivesRevisionsAgainAndSaysWhenAWriteMistookOne) {
    Lease last = create();
    for (int i = 0; i < 40; ++i) {
        const auto answer = api_.write({Intent::Renew, last, record(std::to_string(i))});
        last = std::get<Landed>(answer).lease;
    }
    EXPECT_FALSE(api_.isConfused());
    int mistakes = 0;
    for (int i = 0; i < 20; ++i) {
        const int toldBefore = told_;
        api_.restore();
        EXPECT_EQ(told_, toldBefore);
        EXPECT_LT(api_.read()->revision, last.revision);
        EXPECT_EQ(refusalOf({Intent::Renew, last, record("late")}), ErrorKind::Conflict);
        while (api_.read()->revision < last.revision) {
            api_.editSpec();
        }
        if (api_.read()->revision == last.revision) {
            last = std::get<Landed>(api_.write({Intent::Renew, last, record("late")})).lease;
            EXPECT_TRUE(api_.isConfused());
            ++mistakes;
        } else {
            last = *api_.read();
        }
    }
    EXPECT_GT(mistakes, 0);
}

TEST_F(ApiModelTest, AForgedRecordReplacesWhatIsThereOrIsCreated) {
    api_.forge(record("mallory"));
    const Lease first = *api_.read();
    EXPECT_EQ(first.record.holder, "mallory");
    api_.forge(record("malice"));
    EXPECT_EQ(api_.read()->record.holder, "malice");
    EXPECT_EQ(api_.read()->uid, first.uid);
    EXPECT_GT(api_.read()->revision, first.revision);
}

TEST(DriftingClockTest, FindsTheFirstInstantAtWhichItShowsATime) {
    for (const std::int64_t rate : {300'001, 999'999, 1'000'000, 1'700'003}) {
        const DriftingClock clock(seconds(77), rate, election::WallTime{});
        for (std::int64_t step = 0; step < 100; ++step) {
            const election::Instant shown = clock.bootAt(Duration(step * 1'234'567'891));
            const Duration when = clock.trueTimeOf(shown);
            EXPECT_GE(clock.bootAt(when), shown);
            EXPECT_TRUE(when == Duration(0) || clock.bootAt(when - Duration(1)) < shown);
        }
    }
}

TEST(DriftingClockTest, JumpsOfTheWallClockLeaveTheBootClockAlone) {
    DriftingClock clock(seconds(77), 1'000'000, election::WallTime{});
    const election::Moment before = clock.at(seconds(5));
    clock.jumpWall(-seconds(100));
    EXPECT_EQ(clock.at(seconds(5)).boot, before.boot);
    EXPECT_EQ(clock.at(seconds(5)).wall, before.wall - seconds(100));
    EXPECT_EQ(clock.trueTimeOf(election::Instant::max()), Duration::max());
}

TEST(EventQueueTest, KeepsTheOrderOfTimeAndThenOfAsking) {
    EventQueue queue;
    std::vector<int> done;
    queue.at(seconds(2), [&] { done.push_back(3); });
    queue.at(seconds(1), [&] {
        done.push_back(1);
        queue.at(seconds(0), [&] { done.push_back(2); });  // not in the past
    });
    queue.at(seconds(2), [&] { done.push_back(4); });
    queue.at(seconds(9), [&] { done.push_back(5); });
    while (queue.runNext(seconds(8))) {
    }
    EXPECT_EQ(done, (std::vector<int>{1, 2, 3, 4}));
    EXPECT_EQ(queue.now(), seconds(8));
}

}  // namespace
}  // namespace elector::simulation
