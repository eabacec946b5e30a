// Rules 2, 6, 9 and 15: what a follower counts, what it says, and whose record is whose.

#include <gtest/gtest.h>

#include <chrono>
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
using testing::relabelled;
using testing::settingsOfWeb0;

constexpr Duration kMostJitter = milliseconds(25);

LeaseRecord heldByWeb1(int renewal = 0) {
    return heldBy("web-1", "pod-1/n1", WallTime(seconds(renewal)));
}

// Until it writes; every read in between finds `lease`.
void awaitAcquisition(Candidate& candidate, const Lease& lease) {
    while (std::holds_alternative<ReadRequest>(candidate.untilAsked())) {
        candidate.answerRead(lease);
    }
    EXPECT_EQ(std::get<WriteRequest>(*candidate.actions().request).intent, Intent::Acquire);
}

void expectTakenAfter(Duration lease, Duration waited) {
    EXPECT_GE(waited, lease);
    EXPECT_LE(waited, lease + kMostJitter);
}

TEST(FollowingTest, BeginsByReading) {
    Candidate web0;
    web0.send(Started{});
    web0.untilRead();
    EXPECT_EQ(web0.answer().leader, "");
}

TEST(FollowingTest, AFollowerCountsFromWhenItProcessedTheChange) {
    Candidate web0;
    // A renewTime of long ago earns no discount.
    const Lease lease = leaseOf(heldByWeb1(), 10);
    web0.send(Started{});
    web0.wait(seconds(3));
    web0.answerRead(lease);
    const Instant processed = web0.now().boot;
    EXPECT_EQ(web0.answer().leader, "web-1");
    awaitAcquisition(web0, lease);
    expectTakenAfter(seconds(10), web0.since(processed));
}

TEST(FollowingTest, ARenewalBeginsTheCountAgain) {
    Candidate web0;
    web0.follow(leaseOf(heldByWeb1(0), 10));
    web0.wait(seconds(3));
    const Lease renewed = leaseOf(heldByWeb1(1), 11);
    web0.send(Changed{renewed});
    const Instant processed = web0.now().boot;
    awaitAcquisition(web0, renewed);
    expectTakenAfter(seconds(10), web0.since(processed));
}

TEST(FollowingTest, AnEditOfTheMetadataMovesTheRevisionButNotTheTime) {
    Candidate web0;
    const Lease lease = leaseOf(heldByWeb1(), 10);
    web0.follow(lease);
    const Instant processed = web0.now().boot;
    web0.wait(seconds(3));
    const Lease edited = relabelled(lease, 12);
    web0.send(Changed{edited});
    awaitAcquisition(web0, edited);
    expectTakenAfter(seconds(10), web0.since(processed));
    EXPECT_EQ(std::get<WriteRequest>(*web0.actions().request).base->revision.text(), "12");
}

TEST(FollowingTest, AnUnchangedReadKeepsTheCount) {
    Candidate web0;
    const Lease lease = leaseOf(heldByWeb1(), 10);
    web0.follow(lease);
    const Instant processed = web0.now().boot;
    web0.untilRead();  // after a silence
    EXPECT_GE(web0.since(processed), seconds(4));
    EXPECT_LE(web0.since(processed), milliseconds(4500));
    web0.answerRead(lease);
    awaitAcquisition(web0, lease);
    expectTakenAfter(seconds(10), web0.since(processed));
}

TEST(FollowingTest, TheRecordedDurationIsWhatCounts) {
    struct Case {
        std::optional<seconds> recorded;
        Duration waited;
    };
    const std::vector<Case> cases{
        {seconds(3), seconds(3)},    {seconds(60), seconds(60)},
        {std::nullopt, seconds(10)}, {seconds(0), seconds(10)},
        {seconds(-5), seconds(10)},  {hours(1), hours(1)},
        {seconds(3601), hours(1)},   {seconds(std::numeric_limits<int64_t>::max()), hours(1)},
    };
    for (const Case& each : cases) {
        LeaseRecord record = heldByWeb1();
        record.duration = each.recorded;
        const Lease lease = leaseOf(record, 10);
        Candidate web0;
        web0.follow(lease);
        const Instant processed = web0.now().boot;
        awaitAcquisition(web0, lease);
        expectTakenAfter(each.waited, web0.since(processed));
    }
}

TEST(FollowingTest, ALeadersNameExpiresByItself) {
    Candidate web0;
    web0.follow(leaseOf(heldByWeb1(), 10));
    web0.wait(seconds(10) - std::chrono::nanoseconds(1));
    EXPECT_EQ(web0.answer().leader, "web-1");
    web0.wait(std::chrono::nanoseconds(1));
    EXPECT_EQ(web0.answer().leader, "");
}

TEST(FollowingTest, AReleasedLeaseIsTakenAtOnce) {
    Candidate web0;
    web0.follow(leaseOf(heldByWeb1(), 10));
    web0.wait(seconds(1));
    web0.send(Changed{leaseOf(testing::released(), 11)});
    const Instant processed = web0.now().boot;
    EXPECT_EQ(web0.untilWrite(Intent::Acquire).record.transitions, 5);
    EXPECT_LE(web0.since(processed), kMostJitter);
}

TEST(FollowingTest, AnUnheldRecordThatIsNoReleaseIsWaitedOut) {
    LeaseRecord blanked = heldByWeb1();
    blanked.holder.clear();
    LeaseRecord withoutTimes = testing::released();
    withoutTimes.renewTime.reset();
    for (const LeaseRecord& record : {blanked, withoutTimes, testing::vacant(seconds(1))}) {
        const Lease unheld = leaseOf(record, 11);
        Candidate web0;
        web0.follow(leaseOf(heldByWeb1(), 10));
        web0.wait(seconds(1));
        web0.send(Changed{unheld});
        const Instant processed = web0.now().boot;
        EXPECT_EQ(web0.answer().leader, "");
        awaitAcquisition(web0, unheld);
        EXPECT_GE(web0.since(processed), seconds(10));
    }
}

TEST(FollowingTest, AReleaseUnderAnotherUidIsWaitedOut) {
    Candidate web0;
    web0.follow(leaseOf(heldByWeb1(), 10));
    const Lease strange = leaseOf(testing::released(), 12, "uid-7");
    web0.send(Changed{strange});
    const Instant processed = web0.now().boot;
    awaitAcquisition(web0, strange);
    EXPECT_GE(web0.since(processed), seconds(10));
}

TEST(FollowingTest, AStaleEventIsIgnoredAlsoForTheNameShown) {
    Candidate web0;
    const Lease lease = leaseOf(heldByWeb1(), 10);
    web0.follow(lease);
    const Instant processed = web0.now().boot;
    web0.wait(seconds(3));
    web0.send(Changed{leaseOf(heldBy("web-2", "pod-2/n2", WallTime{}), 9)});
    EXPECT_EQ(web0.answer().leader, "web-1");
    web0.send(Changed{leaseOf(testing::released(), 10)});
    EXPECT_EQ(web0.answer().leader, "web-1");
    awaitAcquisition(web0, lease);
    expectTakenAfter(seconds(10), web0.since(processed));
}

TEST(FollowingTest, AnEventNotAboveItsOwnWriteIsIgnored) {
    Candidate web0;
    web0.lead();
    web0.send(Changed{leaseOf(heldByWeb1(), 11)});
    EXPECT_TRUE(web0.leads());
}

TEST(FollowingTest, ARecordThatNamesUsIsNoTerm) {
    Settings settings = settingsOfWeb0();
    settings.identity.podUid.clear();
    settings.identity.session = "/n0";
    const std::vector<std::string> strangers{"", "/n9", "pod-9/n9", "pod-0/n9"};
    for (const std::string& session : strangers) {
        const Lease namesake = leaseOf(heldBy("web-0", session, WallTime{}), 10);
        Candidate web0(settings);
        web0.follow(namesake);
        const Instant processed = web0.now().boot;
        EXPECT_FALSE(web0.leads());
        EXPECT_EQ(web0.answer().leader, "");  // a program would take its own name for a yes
        awaitAcquisition(web0, namesake);
        EXPECT_GE(web0.since(processed), seconds(10)) << session;
    }
}

TEST(FollowingTest, TheSuccessorInTheSamePodTakesItsPredecessorsLeaseAtOnceAsANewTerm) {
    Candidate web0;
    web0.follow(leaseOf(heldBy("web-0", "pod-0/n9", WallTime{}), 10));
    const Instant processed = web0.now().boot;
    EXPECT_FALSE(web0.leads());
    web0.untilWrite(Intent::Acquire);
    EXPECT_LE(web0.since(processed), kMostJitter);
    web0.landed(11);
    EXPECT_EQ(web0.answer().fencingToken, "11");
}

TEST(FollowingTest, ANamesakeInAnotherPodIsARivalAndReportedOnceItRenews) {
    Candidate web0;
    web0.follow(leaseOf(heldBy("web-0", "pod-1/n1", WallTime(seconds(1))), 10));
    EXPECT_FALSE(web0.noted(NoteKind::NameInUse));
    web0.send(Changed{leaseOf(heldBy("web-0", "pod-1/n1", WallTime(seconds(2))), 11)});
    EXPECT_TRUE(web0.noted(NoteKind::NameInUse));
    web0.send(Changed{leaseOf(heldBy("web-0", "pod-1/n1", WallTime(seconds(3))), 12)});
    EXPECT_FALSE(web0.noted(NoteKind::NameInUse));
}

TEST(FollowingTest, ARecordWithOurSessionThatWeDidNotWriteIsARivals) {
    const Lease forged = leaseOf(heldBy("web-0", "pod-0/n0", WallTime(seconds(1))), 10);
    Candidate web0;
    web0.follow(forged);
    const Instant processed = web0.now().boot;
    EXPECT_EQ(web0.answer().leader, "");
    awaitAcquisition(web0, forged);
    EXPECT_GE(web0.since(processed), seconds(10));
}

TEST(FollowingTest, ALostRaceIsReadAgainUnlessTheWatchShowsTheWinner) {
    Candidate web0;
    web0.follow(leaseOf(testing::released(), 10));
    web0.untilWrite(Intent::Acquire);
    web0.answerWrite(errorOf(ErrorKind::Conflict));
    const Instant lost = web0.now().boot;
    web0.untilRead();
    EXPECT_LE(web0.since(lost), milliseconds(500));

    Candidate other;
    other.follow(leaseOf(testing::released(), 10));
    other.untilWrite(Intent::Acquire);
    other.answerWrite(errorOf(ErrorKind::Conflict));
    other.send(Changed{leaseOf(heldByWeb1(), 11)});
    const Instant shown = other.now().boot;
    other.untilRead();
    EXPECT_GE(other.since(shown), seconds(4));
}

TEST(FollowingTest, WithoutTheRightToWatchItPollsAndSaysSoOnce) {
    Candidate web0;
    const Lease lease = leaseOf(heldByWeb1(), 10);
    web0.send(Started{});
    web0.send(WatchFailed{errorOf(ErrorKind::Forbidden)});
    EXPECT_FALSE(web0.noted(NoteKind::WatchDenied));  // is it the watch alone?
    web0.answerRead(lease);
    EXPECT_TRUE(web0.noted(NoteKind::WatchDenied));
    for (int i = 0; i < 3; ++i) {
        const Instant before = web0.now().boot;
        web0.untilRead();
        EXPECT_GE(web0.since(before), milliseconds(1600));
        EXPECT_LE(web0.since(before), milliseconds(2400));
        web0.answerRead(lease);
        EXPECT_FALSE(web0.noted(NoteKind::WatchDenied));
        web0.send(WatchFailed{errorOf(ErrorKind::Forbidden)});
    }
    web0.send(Listed{lease, web0.now().boot});
    EXPECT_TRUE(web0.noted(NoteKind::WatchRestored));
}

}  // namespace
}  // namespace elector::election
