// Rule 8: a Lease that does not exist.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>

#include "elector/names.h"
#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::errorOf;
using testing::heldBy;
using testing::leaseOf;
using testing::settingsOfWeb0;
using testing::vacant;

constexpr Duration kMostJitter = milliseconds(25);

Candidate startedWithoutLease(OnMissing onMissing) {
    Settings settings = settingsOfWeb0();
    settings.onMissing = onMissing;
    return Candidate(settings);
}

LeaseRecord heldByWeb1(seconds duration) {
    LeaseRecord record = heldBy("web-1", "pod-1/n1", WallTime{});
    record.duration = duration;
    return record;
}

// Until it writes; every read in between finds `lease`. For how long that was.
Duration waitForAcquisition(Candidate& candidate, const Lease& lease) {
    const Instant since = candidate.now().boot;
    while (std::holds_alternative<ReadRequest>(candidate.untilAsked())) {
        candidate.answerRead(lease);
    }
    EXPECT_EQ(std::get<WriteRequest>(*candidate.actions().request).intent, Intent::Acquire);
    return candidate.since(since);
}

// Follows web-1 with a lease of `duration`, sees the Lease deleted and makes it again.
WriteRequest recreateAfter(Candidate& candidate, seconds duration) {
    candidate.follow(leaseOf(heldByWeb1(duration), 10));
    candidate.wait(seconds(1));
    candidate.send(Deleted{});
    candidate.untilRead();
    candidate.answerRead(std::optional<Lease>());
    return candidate.untilWrite(Intent::Create);
}

TEST(MissingTest, AMissingLeaseIsCreatedVacant) {
    Candidate web0 = startedWithoutLease(OnMissing::Create);
    web0.send(Started{});
    web0.answerRead(std::optional<Lease>());
    EXPECT_TRUE(web0.noted(NoteKind::LeaseMissing));
    const WriteRequest creation = web0.untilWrite(Intent::Create);
    EXPECT_FALSE(creation.base);
    EXPECT_EQ(creation.record.holder, names::kVacantHolder);
    EXPECT_EQ(creation.record.session, "");
    EXPECT_EQ(creation.record.duration, seconds(10));
    EXPECT_EQ(creation.record.transitions, 0);
    EXPECT_TRUE(creation.record.acquireTime);
    EXPECT_TRUE(creation.record.renewTime);
}

TEST(MissingTest, ACreationIsNoTerm) {
    Candidate web0 = startedWithoutLease(OnMissing::Create);
    web0.createMissing();
    web0.landed(10);
    EXPECT_TRUE(web0.noted(NoteKind::LeaseCreated));
    EXPECT_FALSE(web0.leads());
    EXPECT_EQ(web0.answer().leader, "");
}

TEST(MissingTest, ItsCreatorThatNeverSawItTakesItAtOnceByASecondWrite) {
    Candidate web0 = startedWithoutLease(OnMissing::Create);
    web0.createMissing();
    web0.landed(10);
    const Instant created = web0.now().boot;
    EXPECT_EQ(web0.untilWrite(Intent::Acquire).base->revision.text(), "10");
    EXPECT_LE(web0.since(created), kMostJitter);
    web0.landed(11);
    EXPECT_EQ(web0.answer().fencingToken, "11");
}

TEST(MissingTest, ItsCreatorWaitsWhereThatIsAskedFor) {
    Candidate web0 = startedWithoutLease(OnMissing::Wait);
    web0.createMissing();
    const Lease created = web0.writtenAt(10);
    web0.landed(10);
    EXPECT_GE(waitForAcquisition(web0, created), seconds(10));
}

TEST(MissingTest, ACreatorThatHadSeenTheLeaseWaits) {
    Candidate web0;
    recreateAfter(web0, seconds(10));
    const Lease created = web0.writtenAt(20);
    web0.landed(20);
    EXPECT_GE(waitForAcquisition(web0, created), seconds(10));
}

TEST(MissingTest, ACreatorThatSawTheDeletedLeaseWhileItsRequestWasUnderWayWaits) {
    Candidate web0;
    web0.createMissing();
    const Lease created = web0.writtenAt(20);
    // From a watch that began in the past.
    web0.send(Changed{leaseOf(heldByWeb1(seconds(10)), 10)});
    web0.landed(20);
    EXPECT_GE(waitForAcquisition(web0, created), seconds(10));
}

TEST(MissingTest, AnAcquisitionAnsweredAfterTheDeletionIsKnownBeginsNoTerm) {
    for (const bool listed : {true, false}) {
        Candidate web0;
        web0.follow(leaseOf(testing::released(), 10));
        web0.wait(milliseconds(1));
        web0.untilWrite(Intent::Acquire);
        web0.wait(milliseconds(1));
        // The write has landed, the Lease was deleted, and only then is its answer there.
        if (listed) {
            web0.send(Listed{std::nullopt, web0.now().boot});
        } else {
            web0.send(Changed{leaseOf(heldByWeb1(seconds(10)), 20, "uid-2")});
        }
        web0.landed(11);
        EXPECT_FALSE(web0.leads());
        EXPECT_FALSE(web0.noted(NoteKind::TermBegan));
        web0.untilRead();
    }
}

// Two reads were under way at once: only a third tells which of them was answered first.
TEST(MissingTest, AReadThatFoundTheLeaseIsRepeatedWhereAnotherHasFoundNoneMeanwhile) {
    const Lease held = leaseOf(heldByWeb1(seconds(10)), 10);
    for (const bool listedFirst : {true, false}) {
        Candidate web0;
        web0.send(Started{});
        const Instant sentAt = web0.now().boot;
        web0.wait(milliseconds(1));
        if (listedFirst) {
            web0.send(Listed{std::nullopt, sentAt});
            web0.answerRead(held);
        } else {
            web0.answerRead(std::optional<Lease>());
            web0.send(Listed{held, sentAt});
        }
        web0.untilRead();
        EXPECT_LE(web0.since(sentAt), milliseconds(1));
        web0.answerRead(std::optional<Lease>());
        EXPECT_EQ(web0.answer().leader, "") << "it leads no more";
    }
}

TEST(MissingTest, ARenewalAnsweredAfterTheDeletionIsKnownProlongsNothing) {
    Candidate web0;
    web0.lead();
    web0.untilWrite(Intent::Renew);
    const Instant validUntil = web0.election().standing().term->validUntil;
    web0.wait(milliseconds(1));
    web0.send(Listed{std::nullopt, web0.now().boot});
    web0.landed(12);
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.election().standing().term->validUntil, validUntil);
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    web0.untilWrite(Intent::Create);
}

TEST(MissingTest, ACreationAnsweredAfterAReadFoundNoneIsReadBackBeforeItIsTaken) {
    Candidate web0;
    web0.createMissing();
    const Lease created = web0.writtenAt(10);
    web0.wait(milliseconds(1));
    web0.send(Listed{std::nullopt, web0.now().boot});
    web0.landed(10);
    web0.untilRead();
    web0.answerRead(created);
    EXPECT_LE(waitForAcquisition(web0, created), kMostJitter);
}

// The Lease that it had made it might take at once; until it hears that there was another, whether
// somebody led under that or nobody did.
TEST(MissingTest, WhatIsLearntOfAnEarlierLeaseWhileTheAcquisitionIsUnderWayIsWaitedFor) {
    const LeaseRecord earlier[] = {heldByWeb1(seconds(10)), vacant(seconds(10)),
                                   testing::released()};
    for (const LeaseRecord& record : earlier) {
        for (const bool answered : {true, false}) {
            Candidate web0;
            web0.createMissing();
            web0.landed(20);
            const Instant seen = web0.now().boot;
            web0.untilWrite(Intent::Acquire);
            const Lease acquired = web0.writtenAt(21);
            // A watch that began in the past.
            web0.send(Changed{leaseOf(record, 10)});
            if (answered) {
                web0.landed(21);
            } else {
                web0.answerWrite(errorOf(ErrorKind::TimedOut));
                web0.untilRead();
                web0.answerRead(acquired);
            }
            EXPECT_FALSE(web0.leads()) << record.holder;
            waitForAcquisition(web0, acquired);
            EXPECT_GE(web0.since(seen), seconds(10)) << record.holder;
            web0.landed(22);
            EXPECT_TRUE(web0.leads());
        }
    }
}

TEST(MissingTest, ALeaderThatMadeItsLeaseAgainGoesOnWhateverIsLearntOfAnEarlierOne) {
    Candidate web0;
    web0.lead();
    web0.wait(seconds(1));
    web0.send(Changed{leaseOf(vacant(seconds(10)), 20, "uid-2")});
    web0.untilWrite(Intent::Acquire);
    web0.send(Changed{leaseOf(vacant(seconds(10)), 9, "uid-0")});
    web0.landed(21);
    EXPECT_EQ(web0.answer().fencingToken, "21");
}

TEST(MissingTest, ACreationOfWhichNobodyKnowsWhetherItLandedIsWaitedOut) {
    Candidate web0;
    web0.createMissing();
    const Lease created = web0.writtenAt(10);
    web0.answerWrite(errorOf(ErrorKind::TimedOut));
    web0.untilRead();
    web0.answerRead(created);
    EXPECT_GE(waitForAcquisition(web0, created), seconds(10));
}

TEST(MissingTest, TheLoserOfRacingCreationsReads) {
    Candidate web0;
    web0.createMissing();
    web0.answerWrite(errorOf(ErrorKind::Invalid));
    web0.untilRead();
}

TEST(MissingTest, TheVacantRecordLastsAsLongAsTheLongestLeaseThatIsStillCounted) {
    Candidate longer;
    const WriteRequest creation = recreateAfter(longer, seconds(60));
    EXPECT_EQ(creation.record.duration, seconds(60));
    EXPECT_EQ(creation.record.transitions, 4);
    Candidate shorter;
    EXPECT_EQ(recreateAfter(shorter, seconds(3)).record.duration, seconds(10));
}

TEST(MissingTest, ALeaseThatIsMadeAgainTwiceIsStillWaitedOutForItsFirstHolder) {
    Candidate web0;
    recreateAfter(web0, seconds(60));
    web0.landed(20);
    // Deleted once more; made again by one who never saw the sixty seconds.
    const Lease second = leaseOf(vacant(seconds(10)), 30, "uid-3");
    web0.send(Changed{leaseOf(vacant(seconds(10)), 29, "uid-2b")});
    web0.send(Changed{second});
    EXPECT_GE(waitForAcquisition(web0, second), seconds(60));
}

TEST(MissingTest, AFollowerLeavesTheLeaderTimeToMakeItAgain) {
    Candidate web0;
    web0.follow(leaseOf(heldByWeb1(seconds(10)), 10));
    web0.send(Deleted{});
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    const Instant missing = web0.now().boot;
    EXPECT_EQ(web0.answer().leader, "");
    web0.untilWrite(Intent::Create);
    EXPECT_GE(web0.since(missing), milliseconds(250));
    EXPECT_LE(web0.since(missing), milliseconds(500));
}

TEST(MissingTest, ALeaderMakesItsDeletedLeaseAgainAndLeadsOnUnderANewToken) {
    Candidate web0;
    web0.lead();
    web0.wait(seconds(1));
    web0.send(Deleted{});
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    EXPECT_TRUE(web0.leads());
    web0.untilWrite(Intent::Create);
    web0.landed(20);
    EXPECT_EQ(web0.answer().fencingToken, "11");
    web0.untilWrite(Intent::Acquire);
    EXPECT_LE(web0.since(web0.election().standing().term->validUntil), -seconds(3));
    web0.landed(21);
    EXPECT_EQ(web0.answer().fencingToken, "21");
}

TEST(MissingTest, AVacantLeaseIsTakenAtOnceByTheLeaderThatStillHolds) {
    Candidate web0;
    web0.lead();
    web0.wait(seconds(1));
    web0.send(Changed{leaseOf(vacant(seconds(10)), 20, "uid-2")});
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.untilWrite(Intent::Acquire).base->uid, "uid-2");
    web0.landed(21);
    EXPECT_EQ(web0.answer().fencingToken, "21");
}

TEST(MissingTest, AVacantLeaseIsWaitedOutByALeaderWhoseTermIsOver) {
    Candidate web0;
    web0.lead();
    web0.wait(seconds(5));
    const Lease again = leaseOf(vacant(seconds(10)), 20, "uid-2");
    web0.send(Changed{again});
    EXPECT_FALSE(web0.leads());
    EXPECT_GE(waitForAcquisition(web0, again), seconds(10));
}

}  // namespace
}  // namespace elector::election
