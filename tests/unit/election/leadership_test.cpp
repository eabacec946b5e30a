#include "elector/election/leadership.h"

#include <gtest/gtest.h>

#include <chrono>

namespace elector::election {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr Instant kNow{seconds(1000)};
constexpr WallTime kWall{seconds(5000)};

Standing leading() {
    Standing standing;
    standing.term =
        Term{*Revision::parse("18446744073709551616"), kNow + seconds(3), kWall + seconds(3)};
    standing.leaseUid = "uid-1";
    standing.transitions = 4;
    standing.acquireTime = kWall;
    standing.renewTime = kWall + seconds(1);
    return standing;
}

Standing following() {
    Standing standing;
    standing.leader = "web-1";
    standing.leaderUntil = kNow + seconds(7);
    return standing;
}

TEST(LeadershipTest, ALeaderAnswersWithItsTokenAndForHowLong) {
    const Answer answer = answerAt(leading(), "web-0", {kNow, kWall});
    EXPECT_TRUE(answer.isLeader);
    EXPECT_EQ(answer.leader, "web-0");
    EXPECT_EQ(answer.fencingToken, "18446744073709551616");
    EXPECT_EQ(answer.validFor, seconds(3));
    EXPECT_EQ(answer.leaseUid, "uid-1");
    EXPECT_EQ(answer.transitions, 4);
    EXPECT_EQ(answer.acquireTime, kWall);
    EXPECT_EQ(answer.renewTime, kWall + seconds(1));
}

TEST(LeadershipTest, AnAnswerExpiresByItself) {
    const Standing standing = leading();
    EXPECT_TRUE(answerAt(standing, "web-0", {kNow + seconds(3) - nanoseconds(1), kWall}).isLeader);
    const Answer late = answerAt(standing, "web-0", {kNow + seconds(3), kWall});
    EXPECT_FALSE(late.isLeader);
    EXPECT_EQ(late.leader, "");
    EXPECT_EQ(late.fencingToken, "");
    EXPECT_EQ(late.endedToken, "18446744073709551616") << "though nobody has run since";
    EXPECT_EQ(late.validFor, milliseconds(0));
    EXPECT_EQ(late.leaseUid, "uid-1");
}

TEST(LeadershipTest, TheWallClockEndsATermToo) {
    const Standing standing = leading();
    EXPECT_TRUE(answerAt(standing, "web-0", {kNow, kWall + seconds(3)}).isLeader);
    EXPECT_FALSE(
        answerAt(standing, "web-0", {kNow, kWall + seconds(3) + microseconds(1)}).isLeader);
    EXPECT_TRUE(answerAt(standing, "web-0", {kNow, kWall - std::chrono::hours(24)}).isLeader);
}

TEST(LeadershipTest, HowLongAnAnswerHoldsIsRoundedDownAndTheShorterOfBothClocks) {
    Standing standing = leading();
    const Moment later{kNow + nanoseconds(1), kWall};
    EXPECT_EQ(answerAt(standing, "web-0", later).validFor, milliseconds(2999));
    standing.term->wallLimit = kWall + milliseconds(1500) + microseconds(999);
    EXPECT_EQ(answerAt(standing, "web-0", later).validFor, milliseconds(1500));
}

TEST(LeadershipTest, AFollowerNamesTheLeaderUntilThatMayHaveEnded) {
    const Standing standing = following();
    const Answer answer = answerAt(standing, "web-0", {kNow, kWall});
    EXPECT_FALSE(answer.isLeader);
    EXPECT_EQ(answer.leader, "web-1");
    EXPECT_EQ(answer.validFor, seconds(7));
    EXPECT_EQ(answer.fencingToken, "");
    EXPECT_EQ(answerAt(standing, "web-0", {kNow + seconds(7), kWall}).leader, "");
}

TEST(LeadershipTest, NobodyNamesItselfWithoutLeading) {
    EXPECT_EQ(answerAt(following(), "web-1", {kNow, kWall}).leader, "");
}

TEST(LeadershipTest, WithoutALeaderTheAnswerHoldsForNoTime) {
    Standing standing = following();
    standing.leader.clear();
    const Answer answer = answerAt(standing, "web-0", {kNow, kWall});
    EXPECT_EQ(answer.leader, "");
    EXPECT_EQ(answer.validFor, milliseconds(0));
}

}  // namespace
}  // namespace elector::election
