// Rules 5 and 13: how a leader leaves.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::errorOf;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;
using testing::settingsOfWeb0;

Settings draining(Duration drain, OnShutdown onShutdown = OnShutdown::Release) {
    Settings settings = settingsOfWeb0();
    settings.drain = drain;
    settings.onShutdown = onShutdown;
    return settings;
}

// Leads, is told to stop, has said "no" and asks for the read before the release.
void leaveUntilRead(Candidate& candidate) {
    candidate.lead();
    candidate.send(StopRequested{});
    candidate.send(NoAnnounced{});
    candidate.untilRead();
}

TEST(LeavingTest, ALeaderSaysNoBeforeItReleases) {
    Candidate web0;
    web0.lead();
    const Actions actions = web0.send(StopRequested{});
    EXPECT_TRUE(actions.announceNo);
    EXPECT_FALSE(actions.request);
    EXPECT_FALSE(actions.finished);
    EXPECT_FALSE(web0.leads());
    // Not before everybody has heard it, however long that takes.
    web0.wait(seconds(1));
    EXPECT_FALSE(web0.send(TimePassed{}).request);
    web0.send(NoAnnounced{});
    web0.untilRead();
}

TEST(LeavingTest, TheReleasedRecordIsWhatOtherClientsUnderstand) {
    Candidate web0;
    leaveUntilRead(web0);
    web0.answerRead(web0.writtenAt(11));
    const WriteRequest release = web0.untilWrite(Intent::Release);
    EXPECT_TRUE(isRelease(release.record));
    EXPECT_EQ(release.record.holder, "");
    EXPECT_EQ(release.record.session, "");
    EXPECT_EQ(release.record.duration, seconds(1));
    EXPECT_TRUE(release.record.acquireTime);
    EXPECT_TRUE(release.record.renewTime);
    EXPECT_EQ(release.record.transitions, 5);
    EXPECT_EQ(release.base->revision.text(), "11");
    EXPECT_TRUE(web0.landed(12).finished);
    EXPECT_TRUE(web0.noted(NoteKind::Released));
}

TEST(LeavingTest, ReleaseRereadsAndNeverBlanksASuccessor) {
    Candidate web0;
    leaveUntilRead(web0);
    const Actions actions = web0.answerRead(leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12));
    EXPECT_FALSE(actions.request);
    EXPECT_TRUE(actions.finished);
    EXPECT_TRUE(web0.noted(NoteKind::NotReleased));
}

TEST(LeavingTest, AReleaseThatMetAConflictRereadsAndChecksAgain) {
    Candidate web0;
    leaveUntilRead(web0);
    const Lease own = web0.writtenAt(11);
    web0.answerRead(own);
    web0.untilWrite(Intent::Release);
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    web0.untilRead();
    web0.answerRead(relabelled(own, 12));
    EXPECT_EQ(web0.untilWrite(Intent::Release).base->revision.text(), "12");
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    web0.untilRead();
    EXPECT_TRUE(web0.answerRead(leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 14)).finished);
    EXPECT_TRUE(web0.noted(NoteKind::NotReleased));
}

TEST(LeavingTest, ReleasesThatKeepMeetingConflictsAreGivenUp) {
    Candidate web0;
    leaveUntilRead(web0);
    const Lease own = web0.writtenAt(11);
    int writes = 0;
    for (int revision = 12; !web0.answerRead(relabelled(own, revision)).finished; ++revision) {
        web0.untilWrite(Intent::Release);
        ++writes;
        web0.answerWrite(errorOf(ErrorKind::Conflict));
        web0.untilRead();
        ASSERT_LT(writes, 100);
    }
    EXPECT_GE(writes, 2);
    EXPECT_LE(writes, 10);
    EXPECT_TRUE(web0.noted(NoteKind::NotReleased));
}

TEST(LeavingTest, AReleaseThatFailsIsSentAgainForAsLongAsItMayTake) {
    for (const auto kind : {ErrorKind::Throttled, ErrorKind::Server, ErrorKind::TimedOut,
                            ErrorKind::Unreachable, ErrorKind::Malformed}) {
        Candidate web0;
        leaveUntilRead(web0);
        const Instant began = web0.now().boot;
        const Lease own = web0.writtenAt(11);
        web0.answerRead(own);
        int writes = 0;
        while (web0.since(began) < seconds(3)) {  // of the five that it may take
            if (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
                ++writes;
                web0.answerWrite(errorOf(kind));
            } else {
                web0.answerRead(own);
            }
            ASSERT_FALSE(web0.actions().finished) << toString(kind) << " after " << writes;
        }
        EXPECT_LE(writes, 10) << toString(kind);
        while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
            web0.answerRead(own);
        }
        EXPECT_TRUE(web0.landed(12).finished);
        EXPECT_TRUE(web0.noted(NoteKind::Released));
    }
}

TEST(LeavingTest, AReleaseThatIsRefusedIsGivenUpSoonWithTheServersSentence) {
    ApiError refused = errorOf(ErrorKind::Refused);
    refused.message = "leases need a label";
    Candidate web0;
    leaveUntilRead(web0);
    const Instant began = web0.now().boot;
    web0.answerRead(web0.writtenAt(11));
    for (int writes = 1; !web0.actions().finished; ++writes) {
        ASSERT_LE(writes, 5);
        web0.untilWrite(Intent::Release);
        if (!web0.answerWrite(refused).finished) {
            web0.wait(web0.actions().wakeAt - web0.now().boot);
            web0.send(TimePassed{});
        }
    }
    EXPECT_LE(web0.since(began), seconds(5));
    ASSERT_TRUE(web0.noted(NoteKind::NotReleased));
    EXPECT_NE(web0.actions().notes.back().detail.find(refused.message), std::string::npos);
}

TEST(LeavingTest, AReleaseWhoseAnswerWasLostIsFoundByTheReread) {
    Candidate web0;
    leaveUntilRead(web0);
    web0.answerRead(web0.writtenAt(11));
    web0.untilWrite(Intent::Release);
    const Lease left = web0.writtenAt(12);
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.untilRead();
    EXPECT_TRUE(web0.answerRead(left).finished);
    EXPECT_TRUE(web0.noted(NoteKind::Released));
}

TEST(LeavingTest, AnApiThatDoesNotAnswerDelaysTheEndByNoMoreThanTheDeadline) {
    Candidate web0;
    leaveUntilRead(web0);
    const Instant began = web0.now().boot;
    while (!web0.answerRead(errorOf(ErrorKind::Unreachable)).finished) {
        ASSERT_LE(web0.since(began), seconds(5));
        web0.wait(web0.actions().wakeAt - web0.now().boot);
        if (web0.send(TimePassed{}).finished) {
            break;
        }
    }
    EXPECT_GE(web0.since(began), seconds(4));
    EXPECT_LE(web0.since(began), seconds(5));
}

TEST(LeavingTest, WhileDrainingItRenewsOnAndAnswersNo) {
    Candidate web0(draining(seconds(12)));
    web0.lead();
    web0.send(StopRequested{});
    web0.send(NoAnnounced{});
    const Instant began = web0.now().boot;
    int revision = 12;
    while (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
        EXPECT_EQ(std::get<WriteRequest>(*web0.actions().request).intent, Intent::Renew);
        EXPECT_FALSE(web0.leads());
        web0.landed(revision++);
    }
    EXPECT_EQ(revision, 17);
    EXPECT_EQ(web0.since(began), seconds(12));
    web0.answerRead(web0.writtenAt(revision - 1));
    web0.untilWrite(Intent::Release);
}

TEST(LeavingTest, ADrainingLeaderThatLostTheLeaseWritesNoMore) {
    Candidate web0(draining(seconds(12)));
    web0.lead();
    web0.send(StopRequested{});
    web0.send(NoAnnounced{});
    const Lease rival = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12);
    web0.send(Changed{rival});
    web0.untilRead();
    EXPECT_TRUE(web0.answerRead(rival).finished);
}

TEST(LeavingTest, ALeaderThatLetsTheLeaseExpireWritesNothing) {
    Candidate web0(draining(Duration(0), OnShutdown::Expire));
    web0.lead();
    EXPECT_TRUE(web0.send(StopRequested{}).announceNo);
    const Actions actions = web0.send(NoAnnounced{});
    EXPECT_FALSE(actions.request);
    EXPECT_TRUE(actions.finished);
}

TEST(LeavingTest, AFollowerJustLeaves) {
    Candidate web0;
    web0.follow(leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 10));
    const Actions actions = web0.send(StopRequested{});
    EXPECT_FALSE(actions.announceNo);
    EXPECT_TRUE(actions.finished);
}

TEST(LeavingTest, AStopWhileAcquiringReleasesWhatWasAcquired) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    const Lease acquired = web0.writtenAt(11);
    EXPECT_FALSE(web0.send(StopRequested{}).finished);
    web0.landed(11);
    EXPECT_FALSE(web0.leads());
    web0.untilRead();
    web0.answerRead(acquired);
    web0.untilWrite(Intent::Release);
    EXPECT_TRUE(web0.landed(12).finished);
}

TEST(LeavingTest, ATermThatEndedEarlyIsDrainedAsAnyOther) {
    for (const Duration drain : {Duration(seconds(1)), Duration(seconds(8))}) {
        Candidate web0(draining(drain));
        web0.lead();
        const Instant promised = web0.election().standing().term->validUntil;
        web0.wait(seconds(1));
        web0.jumpWall(std::chrono::hours(1));
        const Instant stopped = web0.now().boot;
        EXPECT_TRUE(web0.send(StopRequested{}).announceNo);
        EXPECT_FALSE(web0.leads());
        EXPECT_FALSE(web0.actions().request);
        web0.send(NoAnnounced{});
        web0.untilRead();
        EXPECT_GE(web0.now().boot, promised);
        EXPECT_EQ(web0.now().boot, std::max(promised, stopped + drain));
        web0.answerRead(web0.writtenAt(11));
        web0.untilWrite(Intent::Release);
        EXPECT_TRUE(web0.landed(12).finished);
    }
}

TEST(LeavingTest, ATermThatEndedEarlyIsReleasedAtOnceWithoutADrainOnceEveryNoIsOut) {
    Candidate web0(draining(Duration(0)));
    web0.lead();
    web0.jumpWall(std::chrono::hours(1));
    EXPECT_TRUE(web0.send(StopRequested{}).announceNo);
    EXPECT_FALSE(web0.actions().request);
    web0.send(NoAnnounced{});
    web0.untilRead();
}

TEST(LeavingTest, ATermThatEndedEarlyIsLeftToExpireWhereThatIsAskedFor) {
    Candidate web0(draining(seconds(8), OnShutdown::Expire));
    web0.lead();
    web0.jumpWall(std::chrono::hours(1));
    EXPECT_TRUE(web0.send(StopRequested{}).finished);
}

TEST(LeavingTest, ADrainIsNeverShorterThanWhatWasPromised) {
    Candidate web0(draining(milliseconds(10)));
    web0.lead();
    const Instant promised = web0.election().standing().term->validUntil;
    web0.send(StopRequested{});
    web0.send(NoAnnounced{});
    for (int revision = 12; std::holds_alternative<WriteRequest>(web0.untilAsked()); ++revision) {
        web0.landed(revision);
    }
    EXPECT_EQ(web0.now().boot, promised);
}

// Leads, is told to stop, and has said "no": the number of the standing that told so.
std::uint64_t drainOf(Candidate& candidate) {
    candidate.lead();
    candidate.send(StopRequested{});
    candidate.send(NoAnnounced{});
    return candidate.election().standing().seq;
}

TEST(LeavingTest, AProgramThatHasStoppedEndsTheDrainOnceTheNoIsOut) {
    Candidate web0(draining(seconds(12)));
    const std::uint64_t told = drainOf(web0);
    web0.wait(milliseconds(100));
    const Actions actions = web0.send(ProgramStopped{told, {}});
    EXPECT_TRUE(actions.request && std::holds_alternative<ReadRequest>(*actions.request));
    web0.answerRead(web0.writtenAt(11));
    web0.untilWrite(Intent::Release);

    Candidate early(draining(seconds(12)));
    early.lead();
    early.send(StopRequested{});
    EXPECT_FALSE(early.send(ProgramStopped{early.election().standing().seq, {}}).request);
    EXPECT_TRUE(early.send(NoAnnounced{}).request);
}

TEST(LeavingTest, WhatOthersWerePromisedOrMayRememberIsWaitedOutAllTheSame) {
    Candidate web0(draining(seconds(12)));
    const std::uint64_t told = drainOf(web0);
    const Instant promised = web0.now().boot + milliseconds(1500);
    EXPECT_FALSE(web0.send(ProgramStopped{told, promised}).request);
    web0.untilRead();
    EXPECT_EQ(web0.now().boot, promised);

    for (const bool isEarly : {false, true}) {
        Settings settings = draining(seconds(12));
        settings.timing.pollTolerance = seconds(1);
        Candidate keeping(settings);
        keeping.lead();
        keeping.send(StopRequested{});
        const std::uint64_t seq = keeping.election().standing().seq;
        if (isEarly) {
            keeping.send(ProgramStopped{seq, {}});
        }
        keeping.wait(milliseconds(500));
        const Instant announced = keeping.now().boot;
        keeping.send(NoAnnounced{});
        keeping.send(ProgramStopped{seq, {}});
        keeping.untilRead();
        EXPECT_EQ(keeping.now().boot, announced + seconds(1));
    }
}

TEST(LeavingTest, OnlyTheAnswerToThePresentDrainEndsIt) {
    Candidate web0(draining(seconds(12)));
    const std::uint64_t told = drainOf(web0);
    int revision = 12;
    for (const std::uint64_t other : {told - 1, told + 1, std::uint64_t{0}}) {
        web0.send(ProgramStopped{other, {}});
        EXPECT_TRUE(std::holds_alternative<WriteRequest>(web0.untilAsked())) << "it renews on";
        web0.landed(revision++);
    }

    // It has stepped down, and leads again: an answer from then comes late.
    Candidate again;
    again.lead();
    again.send(StepDownRequested{seconds(1)});
    const std::uint64_t before = again.election().standing().seq;
    again.send(NoAnnounced{});
    again.send(ProgramStopped{before, {}});
    again.answerRead(again.writtenAt(11));
    again.untilWrite(Intent::Release);
    const Lease released = again.writtenAt(12);
    again.landed(12);
    while (std::holds_alternative<ReadRequest>(again.untilAsked())) {
        again.answerRead(released);
    }
    again.landed(13);
    ASSERT_TRUE(again.leads());
    again.send(ProgramStopped{before, {}});
    EXPECT_TRUE(again.leads());
    again.send(StepDownRequested{seconds(1)});
    again.send(NoAnnounced{});
    EXPECT_FALSE(again.send(ProgramStopped{before, {}}).request) << "it drains";
}

TEST(LeavingTest, AStopAfterTheProgramHasStoppedDrainsNoMore) {
    Candidate web0(draining(seconds(12)));
    web0.lead();
    web0.send(StepDownRequested{seconds(30)});
    web0.send(ProgramStopped{web0.election().standing().seq, {}});
    web0.send(StopRequested{});
    web0.send(NoAnnounced{});
    web0.answerRead(web0.writtenAt(11));
    web0.untilWrite(Intent::Release);
    EXPECT_TRUE(web0.landed(12).finished);
}

// Leads with the token 11, steps down, renews on until no "yes" is good any more, and asks for the
// read before the release. When it was asked to step down.
Instant stepDownUntilRead(Candidate& candidate, Duration pause) {
    candidate.lead();
    const Instant asked = candidate.now().boot;
    EXPECT_TRUE(candidate.send(StepDownRequested{pause}).announceNo);
    candidate.send(NoAnnounced{});
    for (int revision = 12; std::holds_alternative<WriteRequest>(candidate.untilAsked());
         ++revision) {
        candidate.landed(revision);
    }
    return asked;
}

TEST(LeavingTest, WhoeverStepsDownReleasesOnlyOnceNoPromiseIsGoodAnyMore) {
    for (const OnShutdown onShutdown : {OnShutdown::Release, OnShutdown::Expire}) {
        for (const Duration drain : {Duration(0), Duration(seconds(1)), Duration(seconds(8))}) {
            Candidate web0(draining(drain, onShutdown));
            const Instant asked = stepDownUntilRead(web0, seconds(30));
            EXPECT_EQ(web0.now().boot, asked + std::max<Duration>(seconds(5), drain));
            EXPECT_FALSE(web0.leads());
        }
    }
}

TEST(LeavingTest, WhoeverHasSteppedDownFollowsAndTakesNothingForThePause) {
    Candidate web0;
    stepDownUntilRead(web0, seconds(30));
    web0.answerRead(web0.writtenAt(13));
    web0.untilWrite(Intent::Release);
    const Lease released = web0.writtenAt(14);
    const Instant left = web0.now().boot;
    EXPECT_FALSE(web0.landed(14).finished);
    EXPECT_TRUE(web0.noted(NoteKind::Released));
    // Nobody else takes the Lease: it looks now and then, and takes it when the pause is over.
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        EXPECT_LT(web0.since(left), seconds(31));
        web0.answerRead(released);
    }
    web0.untilWrite(Intent::Acquire);
    EXPECT_GE(web0.since(left), seconds(30));
    web0.landed(15);
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.answer().fencingToken, "15");
}

TEST(LeavingTest, WhoeverPausesNamesTheNextLeaderAndMakesNoMissingLease) {
    Candidate web0;
    stepDownUntilRead(web0, seconds(30));
    const Lease next = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 20);
    const Instant left = web0.now().boot;
    EXPECT_FALSE(web0.answerRead(next).finished) << "another was quicker";
    EXPECT_TRUE(web0.noted(NoteKind::NotReleased));
    EXPECT_EQ(web0.answer().leader, "web-1");
    web0.send(Deleted{});
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        EXPECT_LT(web0.since(left), seconds(35));
        web0.answerRead(std::nullopt);
    }
    web0.untilWrite(Intent::Create);
    EXPECT_GE(web0.since(left), seconds(30));
}

TEST(LeavingTest, AnApiThatDoesNotAnswerSendsWhoeverStepsDownBackToFollowing) {
    Candidate web0;
    stepDownUntilRead(web0, seconds(30));
    const Lease own = web0.writtenAt(13);
    const Instant began = web0.now().boot;
    while (!web0.noted(NoteKind::NotReleased)) {
        ASSERT_LE(web0.since(began), seconds(5));
        web0.answerRead(errorOf(ErrorKind::Unreachable));
        while (!web0.actions().request && !web0.noted(NoteKind::NotReleased)) {
            web0.wait(web0.actions().wakeAt - web0.now().boot);
            web0.send(TimePassed{});
        }
    }
    // The record is its own still; it takes it again when the pause is over, in a new term.
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        web0.answerRead(own);
    }
    web0.untilWrite(Intent::Acquire);
    EXPECT_GE(web0.since(began), seconds(30));
}

TEST(LeavingTest, AStopWhileSteppingDownStops) {
    Candidate early;
    early.lead();
    early.send(StepDownRequested{seconds(30)});
    const Instant promised = early.now().boot + seconds(5);
    EXPECT_FALSE(early.send(StopRequested{}).announceNo) << "it is announced already";
    early.send(NoAnnounced{});
    for (int revision = 12; std::holds_alternative<WriteRequest>(early.untilAsked()); ++revision) {
        early.landed(revision);
    }
    EXPECT_EQ(early.now().boot, promised) << "no promise is cut short";
    early.answerRead(early.writtenAt(13));
    early.untilWrite(Intent::Release);
    EXPECT_TRUE(early.landed(14).finished);

    Candidate late;
    stepDownUntilRead(late, seconds(30));
    EXPECT_FALSE(late.send(StopRequested{}).finished);
    late.answerRead(late.writtenAt(13));
    late.untilWrite(Intent::Release);
    EXPECT_TRUE(late.landed(14).finished);

    Candidate expiring(draining(Duration(0), OnShutdown::Expire));
    expiring.lead();
    expiring.send(StepDownRequested{seconds(30)});
    expiring.send(StopRequested{});
    expiring.send(NoAnnounced{});
    for (int revision = 12; !expiring.actions().finished;) {
        if (expiring.actions().request) {
            ASSERT_TRUE(std::holds_alternative<WriteRequest>(*expiring.actions().request));
            expiring.landed(revision++);
        } else {
            expiring.wait(expiring.actions().wakeAt - expiring.now().boot);
            expiring.send(TimePassed{});
        }
    }
    EXPECT_FALSE(expiring.noted(NoteKind::Released)) << "as it was told to";
}

TEST(LeavingTest, AnOrderForAnotherTermIsNone) {
    Candidate web0;
    web0.lead();
    EXPECT_FALSE(web0.send(StepDownRequested{seconds(30), "10"}).announceNo);
    EXPECT_TRUE(web0.leads());
    EXPECT_TRUE(web0.send(StepDownRequested{seconds(30), "11"}).announceNo);
    EXPECT_FALSE(web0.leads());
}

TEST(LeavingTest, OnlyALeaderStepsDown) {
    Candidate web0;
    const Lease lease = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 10);
    web0.follow(lease);
    EXPECT_FALSE(web0.send(StepDownRequested{seconds(30)}).announceNo);
    web0.send(Changed{leaseOf(testing::released(), 11)});
    const Instant released = web0.now().boot;
    web0.untilWrite(Intent::Acquire);
    EXPECT_LT(web0.since(released), seconds(1)) << "there is no pause";
}

Settings remembered(Duration tolerance) {
    Settings settings = settingsOfWeb0();
    settings.timing.leaseDuration = seconds(100);
    settings.timing.pollTolerance = tolerance;
    return settings;
}

TEST(LeavingTest, AReleaseWaitsUntilNoProgramActsByAnAnswerThatItKeeps) {
    for (const bool steps : {false, true}) {
        Candidate web0(remembered(seconds(60)));
        web0.lead();
        web0.send(steps ? Event(StepDownRequested{seconds(1)}) : Event(StopRequested{}));
        web0.wait(seconds(1));
        web0.send(NoAnnounced{});  // the last "yes" may have gone out a moment before
        const Instant announced = web0.now().boot;
        int revision = 11;
        while (std::holds_alternative<WriteRequest>(web0.untilAsked())) {
            EXPECT_EQ(std::get<WriteRequest>(*web0.actions().request).intent, Intent::Renew);
            web0.landed(++revision);
        }
        EXPECT_EQ(web0.since(announced), seconds(60));
        EXPECT_GE(revision, 11 + 25) << "it renews on meanwhile";
    }
}

TEST(LeavingTest, ATermThatEndedEarlyIsRememberedLikeAnyOther) {
    Candidate web0(remembered(seconds(60)));
    web0.lead();
    web0.wait(seconds(5));  // all that was promised: only what programs keep is left
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.send(StopRequested{}).announceNo);
    web0.send(NoAnnounced{});
    const Instant announced = web0.now().boot;
    web0.untilRead();
    EXPECT_EQ(web0.since(announced), seconds(60));
}

TEST(LeavingTest, AStopAfterAnAcquisitionInDoubtReleasesItIfItLanded) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    const Lease acquired = web0.writtenAt(11);
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.send(StopRequested{});
    web0.untilRead();
    web0.answerRead(acquired);
    web0.untilWrite(Intent::Release);
}

}  // namespace
}  // namespace elector::election
