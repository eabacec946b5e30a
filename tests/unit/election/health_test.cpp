// Rule 17: whose program is unhealthy does not lead.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <variant>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Candidate;
using testing::errorOf;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;
using testing::released;
using testing::settingsOfWeb0;

Settings gated(Duration degradedAfter = minutes(5)) {
    Settings settings = settingsOfWeb0();
    settings.health = HealthGate{.pause = seconds(20), .degradedAfter = degradedAfter};
    return settings;
}

const HealthChanged kHealthy{true, ""};
const HealthChanged kUnhealthy{false, "it answers 500"};

Lease heldByAnother(int revision, const std::string& degraded = "") {
    LeaseRecord record = heldBy("web-1", "pod-1/n1", WallTime{});
    record.degraded = degraded;
    return leaseOf(record, revision);
}

// The "no" is out: answers renewals, and the read before a release by `held`, until the Lease is to
// be released.
WriteRequest drainUntilRelease(Candidate& candidate, Lease held) {
    candidate.send(NoAnnounced{});
    for (int revision = 13; std::holds_alternative<WriteRequest>(candidate.untilAsked());
         ++revision) {
        candidate.landed(revision);
        held = candidate.writtenAt(revision);
    }
    candidate.answerRead(held);
    return candidate.untilWrite(Intent::Release);
}

// Brings it to lead over a released Lease with a healthy program and the token 11.
void leadInHealth(Candidate& candidate) {
    candidate.follow(leaseOf(released(), 10));
    candidate.send(kHealthy);
    candidate.untilWrite(Intent::Acquire);
    candidate.landed(11);
}

// Lets time pass, a read every now and then being answered with `lease`, until it writes.
WriteRequest untilItWrites(Candidate& candidate, const std::optional<Lease>& lease) {
    while (true) {
        const Request request = candidate.untilAsked();
        if (const auto* write = std::get_if<WriteRequest>(&request)) {
            return *write;
        }
        candidate.answerRead(lease);
    }
}

TEST(HealthTest, ACandidateTakesNothingBeforeItsProgramIsHealthy) {
    Candidate web0(gated(Duration(0)));
    web0.follow(leaseOf(released(), 10));
    for (int reads = 0; reads < 100; ++reads) {
        web0.untilRead();
        web0.answerRead(leaseOf(released(), 10));
    }
    web0.send(kHealthy);
    EXPECT_TRUE(web0.noted(NoteKind::Healthy));
    const Instant healed = web0.now().boot;
    web0.untilWrite(Intent::Acquire);
    EXPECT_LT(web0.since(healed), seconds(1));
    web0.landed(11);
    EXPECT_TRUE(web0.leads());
    EXPECT_FALSE(web0.answer().degraded);
}

TEST(HealthTest, NorDoesItMakeAMissingLease) {
    Candidate web0(gated(Duration(0)));
    web0.follow(leaseOf(released(), 10));
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    for (int reads = 0; reads < 100; ++reads) {
        web0.untilRead();
        web0.answerRead(std::optional<Lease>());
    }
    web0.send(kHealthy);
    web0.untilWrite(Intent::Create);
}

TEST(HealthTest, WithoutAGateThereIsNoHealth) {
    Candidate web0;
    web0.lead();
    EXPECT_FALSE(web0.send(kUnhealthy).announceNo);
    EXPECT_TRUE(web0.leads());
    EXPECT_TRUE(web0.actions().notes.empty());
}

TEST(HealthTest, ALeaderWhoseProgramFailsStepsDownAndStandsBack) {
    Candidate web0(gated(Duration(0)));
    leadInHealth(web0);
    EXPECT_TRUE(web0.send(kUnhealthy).announceNo);
    EXPECT_FALSE(web0.leads());
    EXPECT_TRUE(web0.noted(NoteKind::Unhealthy));
    EXPECT_TRUE(web0.noted(NoteKind::TermEnded));
    EXPECT_EQ(web0.actions().notes.back().detail, "the program is unhealthy: it answers 500");
    const WriteRequest release = drainUntilRelease(web0, web0.writtenAt(11));
    EXPECT_TRUE(isRelease(release.record));
    EXPECT_EQ(release.record.degraded, "");
    EXPECT_FALSE(web0.landed(20).finished);
    const Lease free = web0.writtenAt(20);
    const Instant left = web0.now().boot;
    web0.send(kHealthy);  // it has to show for a while
    untilItWrites(web0, free);
    EXPECT_EQ(std::get<WriteRequest>(*web0.actions().request).intent, Intent::Acquire);
    EXPECT_GE(web0.since(left), seconds(20));
    EXPECT_LT(web0.since(left), seconds(25));
}

TEST(HealthTest, AProgramThatFailsWhileTheLeaseIsTakenLeadsNoInstant) {
    Candidate web0(gated());
    web0.follow(leaseOf(released(), 10));
    web0.send(kHealthy);
    web0.untilWrite(Intent::Acquire);
    web0.send(kUnhealthy);
    EXPECT_TRUE(web0.landed(11).announceNo);
    EXPECT_FALSE(web0.leads());
    for (const Standing& told : web0.actions().told) {
        EXPECT_FALSE(told.term);
    }
    drainUntilRelease(web0, web0.writtenAt(11));
}

TEST(HealthTest, WhereNobodyLeadsOneWithAnUnhealthyProgramDoesAtLast) {
    Candidate web0(gated());
    web0.follow(heldByAnother(10));
    web0.send(kUnhealthy);
    const Instant heard = web0.now().boot;
    const WriteRequest taken = untilItWrites(web0, heldByAnother(10));
    EXPECT_EQ(taken.intent, Intent::Acquire);
    EXPECT_EQ(taken.record.degraded, kDegraded);
    EXPECT_EQ(web0.since(heard), seconds(10) + minutes(5));
    web0.landed(11);
    EXPECT_TRUE(web0.leads());
    EXPECT_TRUE(web0.answer().degraded);
    EXPECT_TRUE(web0.noted(NoteKind::Degraded));
    EXPECT_FALSE(web0.send(kUnhealthy).announceNo) << "as it was";
    EXPECT_EQ(web0.untilWrite(Intent::Renew).record.degraded, kDegraded);
    web0.landed(12);
    web0.send(kHealthy);
    EXPECT_TRUE(web0.leads());
    EXPECT_EQ(web0.untilWrite(Intent::Renew).record.degraded, "");
    web0.landed(13);
    EXPECT_FALSE(web0.answer().degraded);
    EXPECT_TRUE(web0.send(kUnhealthy).announceNo) << "it has led in health since";
}

TEST(HealthTest, OneAfterAnotherLeadsWithoutWaitingAgain) {
    Candidate web0(gated(seconds(29)));
    web0.follow(heldByAnother(10, kDegraded));
    const Instant heard = web0.now().boot;
    EXPECT_TRUE(web0.answer().degraded) << "another leads with an unhealthy program";
    EXPECT_EQ(untilItWrites(web0, heldByAnother(10, kDegraded)).intent, Intent::Acquire);
    EXPECT_GE(web0.since(heard), seconds(10 + 20)) << "whoever is healthy comes first";
    EXPECT_LT(web0.since(heard), seconds(10 + 21));
}

// Brings web-0 to lead though its program is unhealthy, with the token 11.
void leadDegraded(Candidate& web0) {
    web0.follow(heldByAnother(10));
    web0.send(kUnhealthy);
    untilItWrites(web0, heldByAnother(10));
    web0.landed(11);
}

TEST(HealthTest, AHealthyCandidateAsksAndIsGivenTheLease) {
    Candidate web0(gated());
    leadDegraded(web0);
    Candidate web1;  // without a gate: healthy
    const Lease held = [&] {
        LeaseRecord record = web0.writtenAt(11).record;
        record.holder = "web-5";
        record.session = "pod-5/n5";
        return leaseOf(record, 11);
    }();
    web1.follow(held);
    const WriteRequest asked = web1.untilWrite(Intent::Ask);
    EXPECT_EQ(asked.base->revision.text(), "11");
    EXPECT_TRUE(isAskedFor(asked.record));
    LeaseRecord same = asked.record;
    same.degraded = held.record.degraded;
    EXPECT_EQ(same, held.record) << "who holds it stays as it is";
    web1.send(WriteAnswered{Landed{relabelled(leaseOf(asked.record, 12), 12), false}});
    EXPECT_FALSE(web1.leads());
    EXPECT_TRUE(std::holds_alternative<ReadRequest>(web1.untilAsked())) << "it asks once";

    Lease seen = relabelled(web0.writtenAt(11), 12);
    seen.record.degraded = asked.record.degraded;
    EXPECT_TRUE(web0.send(Changed{seen}).announceNo);
    EXPECT_FALSE(web0.leads());
    EXPECT_EQ(drainUntilRelease(web0, seen).record.degraded, "");
    web0.landed(30);
    const Instant left = web0.now().boot;
    const Lease free = web0.writtenAt(30);
    EXPECT_EQ(untilItWrites(web0, free).intent, Intent::Acquire);
    EXPECT_GE(web0.since(left), seconds(20)) << "nobody came: it leads again";
    EXPECT_LT(web0.since(left), seconds(21));
}

TEST(HealthTest, AHealthyLeaderIsAskedInVain) {
    Candidate web0(gated());
    leadInHealth(web0);
    Lease seen = relabelled(web0.writtenAt(11), 12);
    seen.record.degraded = "asked by web-1";
    EXPECT_FALSE(web0.send(Changed{seen}).announceNo);
    EXPECT_EQ(web0.untilWrite(Intent::Renew).record.degraded, "");
}

TEST(HealthTest, WhoMayNotAskTakesWhatIsFreeAllTheSame) {
    for (const ErrorKind kind : {ErrorKind::Forbidden, ErrorKind::Conflict, ErrorKind::TimedOut}) {
        Candidate web0;
        web0.follow(heldByAnother(10, kDegraded));
        web0.untilWrite(Intent::Ask);
        web0.answerWrite(errorOf(kind));
        EXPECT_TRUE(web0.election().standing().trouble.empty());
        const Instant asked = web0.now().boot;
        web0.untilRead();
        web0.answerRead(heldByAnother(10, kDegraded));
        if (kind != ErrorKind::Forbidden) {  // which it may be for as long as the Lease is held
            web0.untilWrite(Intent::Ask);
            EXPECT_GE(web0.since(asked), seconds(1));
            web0.answerWrite(errorOf(kind));
            web0.untilRead();
        }
        web0.send(Changed{leaseOf(released(), 11)});
        const Instant free = web0.now().boot;
        if (kind != ErrorKind::Forbidden) {
            web0.answerRead(leaseOf(released(), 11));
        }
        web0.untilWrite(Intent::Acquire);
        EXPECT_LT(web0.since(free), seconds(1));
    }
}

TEST(HealthTest, WithoutAWatchItAsksByWhatItHasJustRead) {
    Candidate web0;
    web0.follow(heldByAnother(10, kDegraded));
    web0.untilWrite(Intent::Ask);
    web0.send(WatchFailed{errorOf(ErrorKind::Forbidden)});
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    int revision = 10;
    Instant read;
    Request asked = web0.untilAsked();
    while (std::holds_alternative<ReadRequest>(asked)) {
        web0.answerRead(heldByAnother(++revision, kDegraded));
        read = web0.now().boot;
        asked = web0.untilAsked();
    }
    EXPECT_GE(revision, 12);
    EXPECT_EQ(std::get<WriteRequest>(asked).base->revision.text(), std::to_string(revision));
    EXPECT_EQ(web0.since(read), Duration(0));
}

TEST(HealthTest, WhoIsUnhealthyAsksNobody) {
    Candidate web0(gated());
    web0.follow(heldByAnother(10, kDegraded));
    for (int reads = 0; reads < 3; ++reads) {
        web0.untilRead();
        web0.answerRead(relabelled(heldByAnother(10, kDegraded), 10));
    }
}

TEST(HealthTest, AStopWhileItAsksEndsAtOnce) {
    Candidate web0;
    web0.follow(heldByAnother(10, kDegraded));
    web0.untilWrite(Intent::Ask);
    EXPECT_TRUE(web0.send(StopRequested{}).finished);
}

}  // namespace
}  // namespace elector::election
