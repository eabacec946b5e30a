// Rules 11 and 12: an API that refuses, or is slow, or is gone.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::errorOf;
using testing::heldBy;
using testing::leaseOf;

TEST(TroubleTest, ARefusedRenewalKeepsTheDeadlineAndIsTriedAgain) {
    for (const ErrorKind kind : {ErrorKind::Unauthorized, ErrorKind::Forbidden}) {
        Candidate web0;
        web0.lead();
        const Instant validUntil = web0.election().standing().term->validUntil;
        web0.untilWrite(Intent::Renew);
        const Instant refused = web0.now().boot;
        web0.answerWrite(errorOf(kind));
        EXPECT_TRUE(web0.leads());
        EXPECT_EQ(web0.election().standing().term->validUntil, validUntil);
        EXPECT_TRUE(web0.election().standing().denied);
        EXPECT_EQ(web0.election().standing().trouble, "made up");
        web0.untilWrite(Intent::Renew);
        EXPECT_GE(web0.since(refused), milliseconds(100));
        EXPECT_LE(web0.since(refused), seconds(1));
        web0.landed(12);
        EXPECT_FALSE(web0.election().standing().denied);
        EXPECT_EQ(web0.election().standing().trouble, "");
        EXPECT_GT(web0.election().standing().term->validUntil, validUntil);
    }
}

TEST(TroubleTest, AFailureIsToldOnceUntilSomethingSucceeds) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::Forbidden));
    EXPECT_TRUE(web0.noted(NoteKind::RequestFailed));
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::Forbidden));
    EXPECT_FALSE(web0.noted(NoteKind::RequestFailed));
    web0.untilWrite(Intent::Renew);
    web0.landed(12);
    web0.untilWrite(Intent::Renew);
    web0.answerWrite(errorOf(ErrorKind::Forbidden));
    EXPECT_TRUE(web0.noted(NoteKind::RequestFailed));
}

TEST(TroubleTest, AReadThatSucceedsSaysNothingOfTheRightToWrite) {
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    web0.untilWrite(Intent::Acquire);
    web0.answerWrite(errorOf(ErrorKind::Forbidden));
    web0.send(Listed{free, web0.now().boot});
    EXPECT_TRUE(web0.election().standing().denied);
}

TEST(TroubleTest, AFollowerForgetsThatAWriteWasRefusedOnceAnotherHolds) {
    // It will not write again while the other leads, and so would never find that it may.
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    web0.answerWrite(errorOf(ErrorKind::Forbidden));
    EXPECT_TRUE(web0.election().standing().denied);
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/x", web0.now().wall), 11)});
    EXPECT_FALSE(web0.election().standing().denied);
    EXPECT_EQ(web0.election().standing().trouble, "");
}

TEST(TroubleTest, WhatTheServerAsksToWaitIsWaited) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    const Instant refused = web0.now().boot;
    ApiError throttled = errorOf(ErrorKind::Throttled);
    throttled.retryAfter = seconds(2);
    web0.answerWrite(throttled);
    web0.untilWrite(Intent::Renew);
    EXPECT_EQ(web0.since(refused), seconds(2));
}

TEST(TroubleTest, AServerThatAsksForAnHourIsBelievedForAMinute) {
    Candidate web0;
    web0.send(Started{});
    ApiError throttled = errorOf(ErrorKind::Throttled);
    throttled.retryAfter = seconds(3600);
    web0.answerRead(throttled);
    const Instant refused = web0.now().boot;
    web0.untilRead();
    EXPECT_EQ(web0.since(refused), seconds(60));
}

TEST(TroubleTest, NobodyGivesUpDuringAnOutage) {
    Candidate web0;
    web0.send(Started{});
    const Instant began = web0.now().boot;
    int reads = 0;
    while (web0.since(began) < hours(1)) {
        web0.answerRead(errorOf(ErrorKind::Unreachable));
        web0.untilRead();
        ++reads;
    }
    EXPECT_GE(reads, 1800);  // at least every retry period
    EXPECT_LE(reads, 3700);
    web0.answerRead(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    web0.landed(11);
    EXPECT_TRUE(web0.leads());
}

TEST(TroubleTest, WritesThatFailWhileReadsSucceedAreSpreadOut) {
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    const Instant began = web0.now().boot;
    int writes = 0;
    while (web0.since(began) < seconds(60)) {
        if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            ++writes;
            web0.answerWrite(errorOf(ErrorKind::Server));
        } else {
            web0.answerRead(free);
        }
    }
    EXPECT_LE(writes, 70);  // about one in a retry period, or two
    EXPECT_GE(writes, 25);
}

TEST(TroubleTest, WhoeverKeepsChangingTheLeaseDoesNotMakeItSpin) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    const Instant began = web0.now().boot;
    int requests = 0;
    for (int revision = 11; web0.since(began) < seconds(60); ++revision, ++requests) {
        if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            web0.answerWrite(errorOf(ErrorKind::Conflict));
        } else {
            web0.answerRead(testing::relabelled(leaseOf(testing::released(), 10), revision));
        }
    }
    EXPECT_LE(requests, 480);  // sixteen in a retry period
}

TEST(TroubleTest, WhatIsOddAboutARecordIsToldOnce) {
    Lease odd = leaseOf(heldBy("web-1", "pod-1/n1", WallTime(seconds(1))), 10);
    odd.oddities = {"spec.leaseDurationSeconds is \"ten\", not a number"};
    Candidate web0;
    web0.follow(odd);
    EXPECT_TRUE(web0.noted(NoteKind::OddRecord));
    Lease renewed = leaseOf(heldBy("web-1", "pod-1/n1", WallTime(seconds(2))), 11);
    renewed.oddities = odd.oddities;
    web0.send(Changed{renewed});
    EXPECT_FALSE(web0.noted(NoteKind::OddRecord));
}

}  // namespace
}  // namespace elector::election
