// Rule 16: a Lease that is held for life, as nais/elector holds it, ends with the Pod of its
// holder.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::Candidate;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;
using testing::settingsOfWeb0;

Lease heldForLife(const std::string& holder = "old-0", int revision = 10) {
    LeaseRecord record = heldBy(holder, "", WallTime{});
    record.duration.reset();
    record.renewTime.reset();
    Lease lease = leaseOf(record, revision);
    lease.ownedByPod = true;
    return lease;
}

// Every request for that long is a read, which finds `lease`.
void expectNotTaken(Candidate& candidate, const Lease& lease, Duration within) {
    const Instant until = candidate.now().boot + within;
    while (candidate.now().boot < until) {
        ASSERT_TRUE(std::holds_alternative<ReadRequest>(candidate.untilAsked()));
        candidate.answerRead(lease);
        ASSERT_EQ(candidate.answer().leader, lease.record.holder);
    }
}

TEST(ForLifeTest, IsNotTakenHoweverLongItIsNotRenewed) {
    Candidate web0;
    web0.follow(heldForLife());
    EXPECT_TRUE(web0.noted(NoteKind::HeldForLife));
    EXPECT_TRUE(web0.answer().leadsForLife);
    expectNotTaken(web0, heldForLife(), hours(1));
    EXPECT_FALSE(web0.noted(NoteKind::HeldForLife));
}

TEST(ForLifeTest, AnythingLessExpiresAsEver) {
    const auto spoiled = [](auto spoil) {
        Lease lease = heldForLife();
        spoil(lease);
        return leaseOf(lease.record, 10);  // with a fingerprint that fits
    };
    Lease withDuration = spoiled([](Lease& lease) { lease.record.duration = seconds(10); });
    withDuration.ownedByPod = true;
    Lease withRenewTime = spoiled([](Lease& lease) { lease.record.renewTime = WallTime{}; });
    withRenewTime.ownedByPod = true;
    const Lease withoutOwner = spoiled([](Lease& /*lease*/) {});
    for (const Lease& lease : {withDuration, withRenewTime, withoutOwner}) {
        Candidate web0;
        web0.follow(lease);
        EXPECT_FALSE(web0.noted(NoteKind::HeldForLife));
        EXPECT_FALSE(web0.answer().leadsForLife);
        const Instant processed = web0.now().boot;
        while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
            web0.answerRead(lease);
        }
        EXPECT_GE(web0.since(processed), seconds(10));
        EXPECT_LE(web0.since(processed), seconds(11));
    }
}

TEST(ForLifeTest, IsTakenAtOnceWhenItIsDeleted) {
    Candidate web0;
    web0.follow(heldForLife());
    expectNotTaken(web0, heldForLife(), seconds(60));
    web0.send(Deleted{});
    const Instant deleted = web0.now().boot;
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    web0.untilWrite(Intent::Create);
    web0.landed(20);
    web0.untilWrite(Intent::Acquire);
    web0.landed(21);
    EXPECT_TRUE(web0.leads());
    EXPECT_LE(web0.since(deleted), milliseconds(100));
}

TEST(ForLifeTest, WhoMakesTheNextLeaseWaitsWhereItIsToldToOrSomebodyElseMayLead) {
    Settings waits = settingsOfWeb0();
    waits.onMissing = OnMissing::Wait;
    Candidate patient(waits);
    patient.follow(heldForLife());
    // Its term may last yet: web-1 need not have heard that its Lease is gone.
    Candidate informed;
    informed.follow(leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 9));
    informed.send(Changed{heldForLife()});
    for (Candidate* web0 : {&patient, &informed}) {
        web0->send(Deleted{});
        web0->untilRead();
        web0->answerRead(std::optional<Lease>());
        web0->untilWrite(Intent::Create);
        const Lease made = web0->writtenAt(20);
        web0->landed(20);
        const Instant seen = web0->now().boot;
        while (std::holds_alternative<ReadRequest>(web0->untilAsked())) {
            web0->answerRead(made);
        }
        EXPECT_GE(web0->since(seen), seconds(10));
    }
}

TEST(ForLifeTest, AnOldSightOfTheDeletedLeaseDelaysNobody) {
    Candidate web0;
    web0.follow(heldForLife());
    web0.send(Deleted{});
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    web0.send(Changed{heldForLife()});
    web0.untilWrite(Intent::Create);
    web0.send(Changed{heldForLife()});
    const Instant deleted = web0.now().boot;
    web0.landed(20);
    web0.send(Changed{heldForLife()});
    web0.untilWrite(Intent::Acquire);
    EXPECT_LE(web0.since(deleted), milliseconds(100));
}

// web-1 took it over, as somebody had released it by hand, before it was deleted.
TEST(ForLifeTest, NothingBringsItBackUnderAnotherHolder) {
    Candidate web0;
    web0.follow(heldForLife());
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 12)});
    EXPECT_EQ(web0.answer().leader, "");
    web0.untilWrite(Intent::Create);
    const Lease made = web0.writtenAt(20);
    web0.landed(20);
    const Instant seen = web0.now().boot;
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        web0.answerRead(made);
    }
    EXPECT_GE(web0.since(seen), seconds(10));
}

// web-1 led before, under a Lease of which a replayed watch tells only now, and may lead on.
TEST(ForLifeTest, AnOldSightOfALeaseBeforeItDelaysWhoMakesTheNextOne) {
    Candidate web0;
    web0.follow(heldForLife());
    web0.send(Deleted{});
    web0.untilRead();
    web0.answerRead(std::optional<Lease>());
    web0.send(Changed{leaseOf(heldBy("web-1", "pod-1/n1", WallTime{}), 9, "uid-0")});
    web0.untilWrite(Intent::Create);
    const Lease made = web0.writtenAt(20);
    web0.landed(20);
    const Instant seen = web0.now().boot;
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        web0.answerRead(made);
    }
    EXPECT_GE(web0.since(seen), seconds(10));
}

TEST(ForLifeTest, WithoutItsOwnerItExpiresFromThenOn) {
    Candidate web0;
    web0.follow(heldForLife());
    expectNotTaken(web0, heldForLife(), seconds(60));
    Lease orphan = relabelled(heldForLife(), 11);
    orphan.ownedByPod = false;  // nothing else changes
    web0.send(Changed{orphan});
    const Instant orphaned = web0.now().boot;
    while (std::holds_alternative<ReadRequest>(web0.untilAsked())) {
        web0.answerRead(orphan);
    }
    EXPECT_GE(web0.since(orphaned), seconds(10));
    EXPECT_LE(web0.since(orphaned), seconds(11));
}

TEST(ForLifeTest, ItsHolderIsNotNamedForLongerThanItIsSeen) {
    Candidate web0;
    web0.follow(heldForLife());
    web0.wait(seconds(20) - std::chrono::nanoseconds(1));
    EXPECT_EQ(web0.answer().leader, "old-0");
    web0.wait(std::chrono::nanoseconds(1));
    EXPECT_EQ(web0.answer().leader, "");
    EXPECT_FALSE(web0.answer().leadsForLife);
}

TEST(ForLifeTest, EndsTheTermOfWhoeverLed) {
    Candidate web0;
    web0.lead();
    web0.send(Changed{heldForLife("old-0", 12)});
    EXPECT_FALSE(web0.leads());
    expectNotTaken(web0, heldForLife("old-0", 12), hours(1));
}

TEST(ForLifeTest, EvenOneOfItsOwnNameIsNotTaken) {
    // As of an elector of another make, which a restart of the container has replaced by this one.
    Lease lease = heldForLife("web-0");
    lease.record.session = "pod-0/n9";
    lease = [&] {
        Lease same = leaseOf(lease.record, 10);
        same.ownedByPod = true;
        return same;
    }();
    Candidate web0;
    web0.follow(lease);
    for (int i = 0; i < 100; ++i) {
        web0.untilRead();
        web0.answerRead(lease);
    }
    EXPECT_EQ(web0.answer().leader, "");
}

}  // namespace
}  // namespace elector::election
