// Rules 11 and 12: an API that refuses, or is slow, or is gone.

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
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

ApiError throttledFor(seconds time) {
    ApiError throttled = errorOf(ErrorKind::Throttled);
    throttled.retryAfter = time;
    return throttled;
}

TEST(TroubleTest, ACandidateBelievesAServerThatAsksForAnHourForALeaseDuration) {
    Candidate web0;
    web0.send(Started{});
    web0.answerRead(throttledFor(seconds(3600)));
    const Instant refused = web0.now().boot;
    web0.untilRead();
    EXPECT_EQ(web0.since(refused), seconds(10));
}

TEST(TroubleTest, ALeaderAsksAgainWhileItsTermLastsWhateverTheServerAsks) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    const Instant validUntil = web0.election().standing().term->validUntil;
    int writes = 0;
    while (web0.leads()) {
        web0.answerWrite(throttledFor(seconds(30)));
        web0.untilAsked();
        writes += web0.now().boot < validUntil ? 1 : 0;
    }
    EXPECT_GE(writes, 2);
    EXPECT_LE(writes, 8);
}

TEST(TroubleTest, AReleaseIsSentWhateverTheServerAskedACandidateOrALeader) {
    for (const bool afterTheTerm : {false, true}) {
        Candidate web0;
        web0.lead();
        web0.untilWrite(Intent::Renew);
        web0.answerWrite(throttledFor(seconds(30)));
        if (afterTheTerm) {
            web0.jumpWall(hours(1));
            web0.send(TimePassed{});
        }
        const Instant stopped = web0.now().boot;
        if (web0.send(StopRequested{}).announceNo) {
            web0.send(NoAnnounced{});
        }
        web0.untilRead();
        EXPECT_LE(web0.since(stopped), milliseconds(10));
        web0.answerRead(throttledFor(seconds(30)));
        web0.untilRead();
        EXPECT_LE(web0.since(stopped), seconds(3)) << "while a release may take D";
    }
}

TEST(TroubleTest, ARefusedWriteIsToldOnceAndBackedOffUpToTheLeaseDuration) {
    ApiError refused = errorOf(ErrorKind::Refused);
    refused.message = "leases need a label";
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    const Instant began = web0.now().boot;
    int writes = 0;
    int told = 0;
    while (web0.since(began) < seconds(600)) {
        if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            ++writes;
            web0.answerWrite(refused);
            told += web0.noted(NoteKind::RequestFailed) ? 1 : 0;
        } else {
            web0.answerRead(free);
        }
        EXPECT_TRUE(web0.election().standing().denied);
        EXPECT_EQ(web0.answer().trouble, "leases need a label");
    }
    EXPECT_EQ(told, 1);
    EXPECT_GE(writes, 60);  // at least once in L
    EXPECT_LE(writes, 130);
    web0.untilWrite(Intent::Acquire);
    web0.landed(11);
    EXPECT_EQ(web0.answer().trouble, "");
    EXPECT_FALSE(web0.election().standing().denied);
}

TEST(TroubleTest, TheEndOfATermByARefusalSaysSo) {
    ApiError refused = errorOf(ErrorKind::Refused);
    refused.message = "leases need a label";
    Candidate web0;
    web0.lead();
    while (web0.leads()) {
        web0.untilWrite(Intent::Renew);
        web0.answerWrite(refused);
        while (web0.leads() && !web0.actions().request) {
            web0.wait(web0.actions().wakeAt - web0.now().boot);
            web0.send(TimePassed{});
        }
    }
    ASSERT_TRUE(web0.noted(NoteKind::TermEnded));
    for (const Note& each : web0.actions().notes) {
        if (each.kind == NoteKind::TermEnded) {
            EXPECT_NE(each.detail.find("leases need a label"), std::string::npos) << each.detail;
        }
    }
}

// A lost race leaves a trace: another revision, another Lease, or none.
TEST(TroubleTest, AConflictThatNobodyCausedIsARefusal) {
    for (const ErrorKind kind :
         {ErrorKind::Conflict, ErrorKind::Invalid, ErrorKind::NotFound, ErrorKind::Gone}) {
        for (const bool changed : {false, true}) {
            Candidate web0;
            web0.follow(leaseOf(testing::released(), 10));
            web0.untilWrite(Intent::Acquire);
            web0.answerWrite(errorOf(kind));
            EXPECT_EQ(web0.answer().trouble, "") << "not known yet";
            web0.untilRead();
            web0.answerRead(leaseOf(testing::released(), changed ? 11 : 10));
            EXPECT_EQ(web0.answer().trouble, changed ? "" : "made up");
            EXPECT_EQ(web0.election().standing().denied, !changed);
        }
    }
}

TEST(TroubleTest, ACreationThatIsRefusedAsIfTheLeaseExistedIsToldOnceAReadFindsNone) {
    Candidate web0;
    web0.createMissing();
    web0.answerWrite(errorOf(ErrorKind::Invalid));
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    EXPECT_EQ(web0.answer().trouble, "made up");
}

// How many writes are asked for within `limit`, where each is answered by `answer`, and each read
// shows `found`.
int writesWithin(Candidate& candidate, Duration limit, const Lease& found,
                 const std::function<void()>& answer) {
    const Instant began = candidate.now().boot;
    int writes = 0;
    while (candidate.since(began) < limit) {
        if (std::holds_alternative<WriteRequest>(candidate.untilAsked())) {
            ++writes;
            answer();
        } else {
            candidate.answerRead(found);
        }
    }
    return writes;
}

TEST(TroubleTest, AWriteThatChangesNothingForEverIsBackedOff) {
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    const int writes = writesWithin(web0, seconds(600), free,
                                    [&] { web0.send(WriteAnswered{Landed{free, false}}); });
    EXPECT_LE(writes, 130);
    EXPECT_NE(web0.answer().trouble, "");
}

TEST(TroubleTest, AWatchThatEndsAgainAndAgainIsToldOnce) {
    Candidate web0;
    web0.follow(leaseOf(heldBy("web-1", "pod-1/n1", WallTime(seconds(1))), 10));
    int told = 0;
    for (int i = 0; i < 20; ++i) {
        web0.send(WatchFailed{errorOf(ErrorKind::Gone)});
        told += web0.noted(NoteKind::WatchBroken) ? 1 : 0;
        web0.wait(seconds(2));
    }
    EXPECT_EQ(told, 1);
    for (int i = 0; i < 5; ++i) {  // as servers do, now and then
        web0.wait(seconds(1800));
        web0.send(WatchFailed{errorOf(ErrorKind::Gone)});
        EXPECT_FALSE(web0.noted(NoteKind::WatchBroken));
    }
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

constexpr ErrorKind kKinds[] = {
    ErrorKind::Conflict, ErrorKind::Invalid,   ErrorKind::NotFound,     ErrorKind::Gone,
    ErrorKind::Refused,  ErrorKind::Forbidden, ErrorKind::Unauthorized, ErrorKind::Throttled,
    ErrorKind::Server,   ErrorKind::TimedOut,  ErrorKind::Unreachable,  ErrorKind::Malformed};

// True where the answer may be another the next time.
bool mayPass(ErrorKind kind) {
    return !certainlyNotApplied(kind) || kind == ErrorKind::Throttled;
}

// Reads succeed all the time. What is refused is told as soon as that is known; what may pass, once
// it has lasted for D, and each time a term could have been.
TEST(TroubleTest, AWriteThatFailsForEverIsToldOnceWhateverTheAnswerIs) {
    for (const ErrorKind kind : kKinds) {
        Candidate web0;
        const Lease free = leaseOf(testing::released(), 10);
        web0.follow(free);
        web0.untilWrite(Intent::Acquire);
        const Instant began = web0.now().boot;
        std::optional<Duration> deniedAfter;
        int told = 0;
        while (web0.since(began) < seconds(60)) {
            if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
                web0.answerWrite(errorOf(kind));
            } else {
                web0.answerRead(free);
            }
            told += web0.noted(NoteKind::RequestFailed) ? 1 : 0;
            if (web0.election().standing().denied) {
                deniedAfter = deniedAfter.value_or(web0.since(began));
            } else {
                EXPECT_FALSE(deniedAfter) << "ready again by a read: " << toString(kind);
            }
        }
        ASSERT_TRUE(deniedAfter) << toString(kind);
        EXPECT_GE(*deniedAfter, mayPass(kind) ? seconds(5) : seconds(0)) << toString(kind);
        EXPECT_LE(*deniedAfter, mayPass(kind) ? seconds(5 + 2 * 2) : seconds(1)) << toString(kind);
        EXPECT_EQ(told, 1) << toString(kind);
        EXPECT_EQ(web0.answer().trouble, "made up");
        web0.untilWrite(Intent::Acquire);
        web0.landed(11);
        EXPECT_FALSE(web0.election().standing().denied);
        EXPECT_EQ(web0.answer().trouble, "");
    }
}

TEST(TroubleTest, AWriteThatFailsOnceOrTwiceInARowLeavesItReady) {
    for (const ErrorKind kind : kKinds) {
        for (const int blips : {1, 2}) {
            for (const bool leads : {true, false}) {
                Candidate web0;
                const Lease free = leaseOf(testing::released(), 10);
                Lease present = free;
                if (leads) {
                    web0.lead();
                    present = web0.writtenAt(11);
                } else {
                    web0.follow(free);
                }
                ApiError error = errorOf(kind);
                error.retryAfter = seconds(10);  // so that they lie further apart than D
                for (int failures = 0; failures < blips && mayPass(kind);) {
                    if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
                        web0.answerWrite(error);
                        ++failures;
                    } else {
                        web0.answerRead(present);
                    }
                    EXPECT_FALSE(web0.election().standing().denied) << toString(kind);
                }
            }
        }
    }
}

// Its term shows that a write has succeeded lately.
TEST(TroubleTest, ALeaderWhoseWritesFailIsReadyUntilItsTermIsOver) {
    Candidate web0;
    web0.lead();
    const Lease present = web0.writtenAt(11);
    const Instant began = web0.now().boot;
    while (web0.since(began) < seconds(30)) {
        if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            web0.answerWrite(errorOf(ErrorKind::Server));
        } else {
            web0.answerRead(present);
        }
        EXPECT_FALSE(web0.leads() && web0.election().standing().denied);
    }
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.election().standing().denied);
}

// A proxy in between takes turns with the server behind it.
TEST(TroubleTest, EachWayInWhichWritesFailIsToldOnce) {
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    int told = 0;
    int writes = 0;
    while (writes < 40) {
        if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            web0.answerWrite(errorOf(++writes % 2 == 0 ? ErrorKind::Server : ErrorKind::TimedOut));
        } else {
            web0.answerRead(free);
        }
        told += web0.noted(NoteKind::RequestFailed) ? 1 : 0;
    }
    EXPECT_EQ(told, 2);
}

TEST(TroubleTest, WritesThatFailWhileReadsSucceedAreSpreadOut) {
    Candidate web0;
    const Lease free = leaseOf(testing::released(), 10);
    web0.follow(free);
    const int writes = writesWithin(web0, seconds(60), free,
                                    [&] { web0.answerWrite(errorOf(ErrorKind::Server)); });
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
