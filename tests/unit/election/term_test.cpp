// Rules 1, 3, 4 and 7: how a term begins, how long it lasts, and what ends it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::errorOf;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;

constexpr Duration kDeadline = seconds(5);

TEST(TermTest, ATermBeginsWithTheRevisionOfItsOwnWriteForAToken) {
    Candidate web0;
    web0.lead();
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.answer().leader, "web-0");
    EXPECT_EQ(web0.answer().fencingToken, "11");
    EXPECT_TRUE(web0.noted(NoteKind::TermBegan));
}

TEST(TermTest, AWriteComparesWithTheLeaseAsItWasRead) {
    Candidate web0;
    web0.lead();
    const WriteRequest renewal = web0.untilWrite(Intent::Renew);
    ASSERT_TRUE(renewal.base);
    EXPECT_EQ(renewal.base->uid, "uid-1");
    EXPECT_EQ(renewal.base->revision.text(), "11");
    EXPECT_EQ(renewal.record.holder, "web-0");
    EXPECT_EQ(renewal.record.session, "pod-0/n0");
    EXPECT_EQ(renewal.record.duration, seconds(10));
    EXPECT_EQ(renewal.record.transitions, 5);
}

TEST(TermTest, ALeaderThatHearsNothingStopsAtItsDeadline) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    const Instant sentAt = web0.now().boot;
    web0.wait(seconds(1));
    web0.landed(11);
    // D from before the request was sent, not from its answer.
    web0.wait(sentAt + kDeadline - nanoseconds(1) - web0.now().boot);
    EXPECT_TRUE(web0.leads());
    web0.wait(nanoseconds(1));
    EXPECT_FALSE(web0.leads());
    EXPECT_EQ(web0.answer().leader, "");
}

TEST(TermTest, ALeaderRenewsEveryRetryPeriod) {
    Candidate web0;
    web0.lead();
    const Instant began = web0.now().boot;
    web0.untilWrite(Intent::Renew);
    EXPECT_EQ(web0.since(began), seconds(2));
    web0.landed(12);
    web0.untilWrite(Intent::Renew);
    EXPECT_EQ(web0.since(began), seconds(4));
    EXPECT_EQ(web0.answer().fencingToken, "11");
}

TEST(TermTest, ALateSuccessDoesNotReviveATerm) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    web0.wait(kDeadline);
    web0.landed(12);
    EXPECT_FALSE(web0.leads());
    // It may lead again, but only by another write and with its token.
    web0.untilWrite(Intent::Acquire);
    web0.landed(13);
    EXPECT_EQ(web0.answer().fencingToken, "13");
}

TEST(TermTest, AnAcquisitionAnsweredTooLateIsNoTerm) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    web0.wait(kDeadline);
    web0.landed(11);
    EXPECT_FALSE(web0.leads());
    EXPECT_FALSE(web0.noted(NoteKind::TermBegan));
}

TEST(TermTest, ATermThatSomebodyWasAnsweredNoAboutIsOver) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    web0.jumpWall(seconds(10));
    EXPECT_FALSE(web0.leads());
    web0.jumpWall(-seconds(10));
    web0.send(AnsweredNo{});
    web0.landed(12);
    EXPECT_FALSE(web0.leads());
}

TEST(TermTest, ATermEndsWhenTheWallClockHasAdvancedByMoreThanTheDeadline) {
    Candidate web0;
    web0.lead();
    web0.jumpWall(kDeadline);
    EXPECT_TRUE(web0.leads());
    web0.jumpWall(milliseconds(1));
    EXPECT_FALSE(web0.leads());
    web0.send(TimePassed{});
    EXPECT_TRUE(web0.noted(NoteKind::TermEnded));
    web0.jumpWall(-seconds(60));
    EXPECT_FALSE(web0.leads());
}

TEST(TermTest, AReadBackCreditsTheSendTimeOfTheWriteItProves) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    const Instant sentAt = web0.now().boot;
    const Lease renewed = web0.writtenAt(12);
    web0.wait(seconds(1));
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.untilRead();
    web0.wait(milliseconds(100));
    web0.answerRead(renewed);
    ASSERT_TRUE(web0.leads());
    EXPECT_EQ(web0.election().standing().term->validUntil, sentAt + kDeadline);
    EXPECT_EQ(web0.answer().fencingToken, "11");
}

TEST(TermTest, AReadBackThatProvesNothingCreditsNothing) {
    Candidate web0;
    web0.lead();
    const Instant validUntil = web0.election().standing().term->validUntil;
    const Lease before = web0.writtenAt(11);
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.untilRead();
    web0.answerRead(before);
    EXPECT_EQ(web0.election().standing().term->validUntil, validUntil);
}

TEST(TermTest, ALostAcquiringAnswerIsFollowedByAnotherWriteWhoseRevisionIsTheToken) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    const Lease acquired = web0.writtenAt(11);
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.untilRead();
    web0.answerRead(acquired);
    EXPECT_FALSE(web0.leads());
    const WriteRequest again = web0.untilWrite(Intent::Acquire);
    EXPECT_EQ(again.base->revision.text(), "11");
    EXPECT_GT(again.record.renewTime, acquired.record.renewTime);
    web0.landed(12);
    EXPECT_EQ(web0.answer().fencingToken, "12");
}

TEST(TermTest, AnotherHolderEndsTheTermAtOnce) {
    const Lease rival = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12);
    const std::vector<Event> sights{Changed{rival}, Listed{rival, Instant(std::chrono::hours(2))}};
    for (const Event& sight : sights) {
        Candidate web0;
        web0.lead();
        web0.send(sight);
        EXPECT_FALSE(web0.leads());
        EXPECT_TRUE(web0.noted(NoteKind::TermEnded));
        EXPECT_EQ(web0.answer().leader, "web-1");
    }
}

TEST(TermTest, AnotherHolderFoundByAReadEndsTheTermAtOnce) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    web0.untilRead();
    web0.answerRead(leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12));
    EXPECT_FALSE(web0.leads());
}

TEST(TermTest, AReleaseThatTheLeaderDidNotWriteEndsItsTerm) {
    Candidate web0;
    web0.lead();
    web0.send(Changed{leaseOf(testing::released(), 12)});
    EXPECT_FALSE(web0.leads());
}

TEST(TermTest, A201ToAnUpdateIsNoTerm) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    Lease created = web0.writtenAt(11);
    created.uid = "uid-9";
    web0.send(WriteAnswered{Landed{created, true}});
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.noted(NoteKind::CreatedByUpdate));
}

TEST(TermTest, A201ToARenewalEndsTheTerm) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    Lease created = web0.writtenAt(12);
    created.uid = "uid-9";
    web0.send(WriteAnswered{Landed{created, true}});
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.noted(NoteKind::TermEnded));
}

TEST(TermTest, AnIdenticalAnswerIsNoRenewal) {
    Candidate web0;
    web0.lead();
    const Instant validUntil = web0.election().standing().term->validUntil;
    web0.untilWrite(Intent::Renew);
    web0.landed(11);
    EXPECT_TRUE(web0.noted(NoteKind::WriteIgnored));
    EXPECT_EQ(web0.election().standing().term->validUntil, validUntil);
    web0.untilRead();
}

TEST(TermTest, RenewTimesGrowThoughTheWallClockGoesBack) {
    Candidate web0;
    web0.lead();
    const auto first = web0.untilWrite(Intent::Renew).record.renewTime;
    web0.landed(12);
    web0.jumpWall(-std::chrono::hours(1));
    const auto second = web0.untilWrite(Intent::Renew).record.renewTime;
    EXPECT_EQ(*second, *first + std::chrono::microseconds(1));
}

TEST(TermTest, AForeignEditOfTheMetadataIsNoLoss) {
    Candidate web0;
    web0.lead();
    const Lease edited = relabelled(web0.writtenAt(11), 12);
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    web0.untilRead();
    web0.answerRead(edited);
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.untilWrite(Intent::Renew).base->revision.text(), "12");
    web0.landed(13);
    EXPECT_EQ(web0.answer().fencingToken, "11");
}

TEST(TermTest, AnEditThatTheWatchShowsSparesTheConflict) {
    Candidate web0;
    web0.lead();
    web0.send(Changed{relabelled(web0.writtenAt(11), 12)});
    EXPECT_EQ(web0.untilWrite(Intent::Renew).base->revision.text(), "12");
}

TEST(TermTest, ARestoredBackupEndsTheTermAndIsWaitedOut) {
    Candidate web0;
    web0.lead();
    web0.wait(seconds(1));
    web0.send(Listed{leaseOf(testing::released(), 5), web0.now().boot});
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.noted(NoteKind::RevisionWentBack));
    const Instant seen = web0.now().boot;
    while (!std::holds_alternative<WriteRequest>(web0.untilAsked())) {
        web0.answerRead(leaseOf(testing::released(), 5));
    }
    EXPECT_GE(web0.since(seen), seconds(10));
}

TEST(TermTest, TwoRequestsAreNeverUnderWayAtOnce) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    web0.wait(seconds(3));
    EXPECT_FALSE(web0.send(TimePassed{}).request);
    EXPECT_FALSE(web0.send(Deleted{}).request);
}

TEST(TermTest, AnAnswerThatNobodyAskedForChangesNothing) {
    Candidate web0;
    web0.lead();
    const Lease rival = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12);
    web0.send(ReadAnswered{std::optional(rival)});
    web0.send(WriteAnswered{Landed{rival, false}});
    EXPECT_TRUE(web0.leads());
}

}  // namespace
}  // namespace elector::election
