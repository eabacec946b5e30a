// Rule 18: a release may prefer a candidate, and a leader hands over when it is asked to.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <variant>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;
using testing::released;
using testing::settingsOfWeb0;

constexpr milliseconds kStandBack{300};
constexpr milliseconds kLongestJitter{25};

LeaseRecord releasedTo(const std::string& preferred, int second = 0) {
    LeaseRecord record = released();
    record.preferredHolder = preferred;
    record.renewTime = *record.renewTime + seconds(second);
    return record;
}

Lease heldByAnother(int revision, const std::string& preferred = "") {
    LeaseRecord record = heldBy("web-1", "pod-1/n1", WallTime{});
    record.preferredHolder = preferred;
    return leaseOf(record, revision);
}

// Leads by the token 11, and sees that somebody has written this into the Lease.
Actions leadAndSee(Candidate& candidate, const HandOver& order, int revision = 14) {
    candidate.lead();
    Lease lease = relabelled(candidate.writtenAt(11), revision);
    lease.record.handOver = order;
    return candidate.send(Changed{lease});
}

// Its "no" is out: it renews, without what was asked of it, until it releases.
WriteRequest untilRelease(Candidate& candidate, Lease held) {
    candidate.send(NoAnnounced{});
    for (int revision = 21; std::holds_alternative<WriteRequest>(candidate.untilAsked());
         ++revision) {
        held = candidate.writtenAt(revision);
        EXPECT_EQ(held.record.handOver, HandOver());
        candidate.landed(revision);
    }
    candidate.answerRead(held);
    return candidate.untilWrite(Intent::Release);
}

// For how long it takes nothing of this release, which it sees now.
Duration takenAfter(Candidate& candidate, const LeaseRecord& record) {
    const Instant seen = candidate.now().boot;
    candidate.send(Changed{leaseOf(record, 40)});
    const WriteRequest taken = candidate.untilWrite(Intent::Acquire);
    EXPECT_EQ(taken.record.preferredHolder, "") << "whoever takes it takes the preference away";
    return candidate.since(seen);
}

TEST(HandOverTest, AReleaseIsLeftToWhomItPrefersForAMoment) {
    Candidate web0;
    web0.follow(heldByAnother(10));
    const Duration after = takenAfter(web0, releasedTo("web-2"));
    EXPECT_GE(after, kStandBack);
    EXPECT_LE(after, kStandBack + kLongestJitter);
}

TEST(HandOverTest, ThePreferredOneTakesItAtOnce) {
    Candidate web0;
    web0.follow(heldByAnother(10));
    EXPECT_EQ(takenAfter(web0, releasedTo("web-0")), Duration(0));
}

TEST(HandOverTest, ThePreferredOneIsNotHeldUpByItsOwnStepDown) {
    Candidate web0;
    web0.lead();
    const Lease held = web0.writtenAt(11);
    web0.send(StepDownRequested{seconds(600)});
    EXPECT_EQ(untilRelease(web0, held).record.preferredHolder, "");
    web0.landed(30);
    web0.send(Changed{heldByAnother(31)});
    EXPECT_EQ(takenAfter(web0, releasedTo("web-0")), Duration(0));
}

TEST(HandOverTest, OneReleaseIsLeftOnceHoweverOftenItIsEdited) {
    Candidate web0;
    web0.follow(heldByAnother(10));
    web0.send(Changed{leaseOf(releasedTo("web-2"), 20)});
    for (int revision = 21; revision < 24; ++revision) {
        web0.wait(milliseconds(100));
        Lease edited = leaseOf(releasedTo("web-2"), revision);
        edited.fingerprint += std::to_string(revision);  // a foreign field of its spec
        web0.send(Changed{edited});
    }
    const Instant then = web0.now().boot;
    web0.untilWrite(Intent::Acquire);
    EXPECT_LE(web0.since(then), kLongestJitter);
}

TEST(HandOverTest, APreferenceThatAHolderLeftThereIsStale) {
    Candidate web0;
    web0.follow(heldByAnother(10, "web-2"));
    EXPECT_LE(takenAfter(web0, releasedTo("web-2", 1)), kLongestJitter);
}

TEST(HandOverTest, AnExpiryPrefersNobody) {
    Candidate web0;
    web0.follow(heldByAnother(10, "web-2"));
    const Instant seen = web0.now().boot;
    for (int revision = 10; std::holds_alternative<ReadRequest>(web0.untilAsked()); ++revision) {
        web0.answerRead(relabelled(heldByAnother(10, "web-2"), revision));
    }
    EXPECT_LE(web0.since(seen), seconds(10) + kLongestJitter);
}

TEST(HandOverTest, ALeaderThatIsAskedStepsDownAndPrefersWhomItIsToldTo) {
    for (const char* seen : {"11", "13"}) {
        Candidate web0;
        EXPECT_TRUE(leadAndSee(web0, {"web-0", seen, "web-2", "text"}).announceNo) << seen;
        EXPECT_FALSE(web0.leads());
        const WriteRequest release = untilRelease(web0, web0.writtenAt(14));
        EXPECT_EQ(release.record.preferredHolder, "web-2");
        EXPECT_EQ(release.record.handOver, HandOver());
        EXPECT_TRUE(isRelease(release.record));
    }
}

TEST(HandOverTest, WhatAsksForNothingIsTakenAwayByTheNextRenewal) {
    const HandOver kOrders[] = {{"web-0", "10", "web-2", "of an earlier term"},
                                {"web-0", "14", "web-2", "of its own version"},
                                {"web-0", "99", "web-2", "of a time to come"},
                                {"web-1", "11", "web-2", "of another leader"},
                                {"web-0", "11", "web-0", "to itself"},
                                {"web-0", "no", "web-2", "by no number"},
                                {"", "", "", "odd"}};
    for (const HandOver& order : kOrders) {
        Candidate web0;
        EXPECT_FALSE(leadAndSee(web0, order).announceNo) << order.text;
        EXPECT_TRUE(web0.leads()) << order.text;
        EXPECT_EQ(web0.untilWrite(Intent::Renew).record.handOver, HandOver()) << order.text;
    }
}

TEST(HandOverTest, AFollowerIsAskedInVain) {
    Candidate web0;
    Lease lease = heldByAnother(10);
    lease.record.handOver = {"web-0", "9", "web-2", "text"};
    web0.follow(lease);
    EXPECT_FALSE(web0.actions().announceNo);
}

TEST(HandOverTest, WhoIsToldToStopMeanwhilePrefersTheSame) {
    Candidate web0;
    web0.lead();
    const Lease held = web0.writtenAt(11);
    web0.send(StepDownRequested{.pause = seconds(10), .to = "web-2"});
    web0.send(StopRequested{});
    EXPECT_EQ(untilRelease(web0, held).record.preferredHolder, "web-2");
    EXPECT_TRUE(web0.landed(30).finished);
}

}  // namespace
}  // namespace elector::election
