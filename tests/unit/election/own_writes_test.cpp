#include "elector/election/own_writes.h"

#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using testing::heldBy;

constexpr WallTime kWall{seconds(5000)};
const Identity kIdentity{.id = "web-0", .podUid = "pod-0", .session = "pod-0/n0"};

LeaseRecord ownRecord(WallTime renewTime) {
    return heldBy("web-0", "pod-0/n0", renewTime);
}

TEST(OwnWritesTest, ARenewTimeIsTheWallClockOrAboveWhatWasRead) {
    const OwnWrites writes(kIdentity);
    EXPECT_EQ(writes.nextRenewTime(LeaseRecord{}, kWall), kWall);
    EXPECT_EQ(writes.nextRenewTime(ownRecord(kWall - seconds(1)), kWall), kWall);
    EXPECT_EQ(writes.nextRenewTime(ownRecord(kWall), kWall), kWall + microseconds(1));
    EXPECT_EQ(writes.nextRenewTime(ownRecord(kWall + seconds(9)), kWall),
              kWall + seconds(9) + microseconds(1));
}

TEST(OwnWritesTest, ARenewTimeIsAboveThatOfEveryWriteSentBefore) {
    OwnWrites writes(kIdentity);
    writes.sent(ownRecord(kWall), {Instant(seconds(1)), kWall}, 1);
    EXPECT_EQ(writes.nextRenewTime(LeaseRecord{}, kWall - seconds(60)), kWall + microseconds(1));
}

TEST(OwnWritesTest, ANonsensicalRenewTimeIsNotFollowed) {
    const OwnWrites writes(kIdentity);
    constexpr WallTime kFarAway{std::chrono::sys_days{std::chrono::year{9999} / 12 / 31}};
    EXPECT_EQ(writes.nextRenewTime(ownRecord(kFarAway), kWall), kWall);
}

TEST(OwnWritesTest, ARecordIsOursOnlyIfHolderSessionAndRenewTimeAreAllOfOneWrite) {
    OwnWrites writes(kIdentity);
    const Moment at{Instant(seconds(1)), kWall};
    writes.sent(ownRecord(kWall), at, 3);
    writes.sent(ownRecord(kWall + seconds(1)), at, 4);
    ASSERT_NE(writes.find(ownRecord(kWall)), nullptr);
    EXPECT_EQ(writes.find(ownRecord(kWall))->term, 3U);
    EXPECT_EQ(writes.find(ownRecord(kWall))->sentAt.boot, at.boot);
    EXPECT_EQ(writes.find(ownRecord(kWall + seconds(1)))->term, 4U);
    EXPECT_EQ(writes.find(ownRecord(kWall + microseconds(1))), nullptr);
    EXPECT_EQ(writes.find(heldBy("web-1", "pod-0/n0", kWall)), nullptr);
    EXPECT_EQ(writes.find(heldBy("web-0", "pod-0/n9", kWall)), nullptr);
    LeaseRecord timeless = ownRecord(kWall);
    timeless.renewTime.reset();
    EXPECT_EQ(writes.find(timeless), nullptr);
}

TEST(OwnWritesTest, OldWritesAreForgotten) {
    OwnWrites writes(kIdentity);
    for (int i = 0; i < 100; ++i) {
        writes.sent(ownRecord(kWall + seconds(i)), {Instant(seconds(i)), kWall}, 1);
    }
    EXPECT_EQ(writes.find(ownRecord(kWall)), nullptr);
    EXPECT_NE(writes.find(ownRecord(kWall + seconds(99))), nullptr);
    EXPECT_NE(writes.find(ownRecord(kWall + seconds(90))), nullptr);
}

}  // namespace
}  // namespace elector::election
