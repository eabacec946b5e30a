// What an election tells of who leads, for whoever does not ask: Actions::told.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::seconds;
using testing::Candidate;
using ::testing::ElementsAre;
using testing::heldBy;
using ::testing::IsEmpty;
using testing::leaseOf;
using testing::vacant;

// As "NUMBER REASON", and the token or the leader's name where there is one.
std::vector<std::string> told(const Candidate& candidate) {
    std::vector<std::string> texts;
    for (const Standing& standing : candidate.actions().told) {
        std::string text = std::to_string(standing.seq) + " " + toString(standing.reason);
        const Answer answer = answerAt(standing, "web-0", candidate.now());
        const std::string& who = answer.isLeader ? answer.fencingToken : answer.leader;
        texts.push_back(who.empty() ? text : text + " " + who);
    }
    return texts;
}

// Leads with the token 11, and a second later has sent a write that takes the Lease, which somebody
// has emptied.
void leadAndAcquireAnew(Candidate& web0) {
    web0.lead();
    web0.wait(seconds(1));
    web0.send(Changed{leaseOf(vacant(seconds(10)), 20)});
    web0.untilWrite(Intent::Acquire);
}

TEST(TellingTest, ATermIsToldWithItsEndAtEachRenewal) {
    Candidate web0;
    web0.lead();
    EXPECT_THAT(told(web0), ElementsAre("2 acquired 11"));
    EXPECT_EQ(web0.actions().told.front().term->validUntil, web0.now().boot + seconds(5));
    web0.untilWrite(Intent::Renew);
    EXPECT_THAT(told(web0), IsEmpty()) << "nothing changed yet";
    web0.landed(12);
    EXPECT_THAT(told(web0), ElementsAre("3 renewed 11"));
    EXPECT_EQ(web0.actions().told.front().term->validUntil, web0.now().boot + seconds(5));
}

TEST(TellingTest, WhatIsReadAgainIsNotToldAgain) {
    Candidate web0;
    const Lease lease = leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 10);
    web0.follow(lease);
    web0.untilRead();
    web0.answerRead(lease);
    EXPECT_THAT(told(web0), IsEmpty());
    EXPECT_EQ(web0.election().standing().seq, 2U);
}

TEST(TellingTest, AnExpiryIsToldWhenItIsDue) {
    Candidate web0;
    web0.lead();
    const Instant end = web0.election().standing().term->validUntil;
    web0.untilWrite(Intent::Renew);
    while (web0.leads()) {
        ASSERT_LE(web0.actions().wakeAt, end);
        web0.wait(web0.actions().wakeAt - web0.now().boot);
        web0.send(TimePassed{});
    }
    EXPECT_EQ(web0.now().boot, end);
    EXPECT_THAT(told(web0), ElementsAre("3 expired"));
}

TEST(TellingTest, AnothersExpiryIsToldWhenItIsDueAlsoWhileLeaving) {
    Settings settings = testing::settingsOfWeb0();
    settings.drain = std::chrono::minutes(1);
    Candidate web0(settings);
    web0.lead();
    web0.send(StopRequested{});
    EXPECT_THAT(told(web0), ElementsAre("3 draining"));
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 20)});
    EXPECT_THAT(told(web0), ElementsAre("4 changed web-1"));
    web0.wait(seconds(2));
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/n1", WallTime{} + seconds(2)), 21)});
    EXPECT_THAT(told(web0), ElementsAre("5 renewed web-1"));
    const Instant end = web0.now().boot + seconds(10);
    ASSERT_EQ(web0.actions().wakeAt, end);
    web0.wait(seconds(10));
    web0.send(TimePassed{});
    EXPECT_THAT(told(web0), ElementsAre("6 vacant"));
}

TEST(TellingTest, ALossIsToldWithWhoLeadsInstead) {
    Candidate web0;
    web0.lead();
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 20)});
    EXPECT_THAT(told(web0), ElementsAre("3 lost web-1"));
}

TEST(TellingTest, ANoIsToldBetweenATermThatHasLapsedAndOneThatBeginsInTheSameStep) {
    Candidate web0;
    leadAndAcquireAnew(web0);
    const Instant end = web0.election().standing().term->validUntil;
    web0.wait(end - web0.now().boot);
    web0.landed(21);
    EXPECT_THAT(told(web0), ElementsAre("3 expired", "4 acquired 21"));
}

TEST(TellingTest, ALeaderThatTakesTheEmptiedLeaseNeverStopsLeading) {
    Candidate web0;
    leadAndAcquireAnew(web0);
    web0.landed(21);
    EXPECT_THAT(told(web0), ElementsAre("3 acquired 21"));
}

}  // namespace
}  // namespace elector::election
