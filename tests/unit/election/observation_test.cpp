#include "elector/election/observation.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <vector>

#include "tests/unit/election/candidate.h"

namespace elector::election {
namespace {

using std::chrono::seconds;
using testing::heldBy;
using testing::leaseOf;
using testing::relabelled;
using testing::vacant;

constexpr Instant at(int second) {
    return Instant(seconds(second));
}

class ObservationTest : public ::testing::Test {
  protected:
    const Identity identity_{.id = "web-0", .podUid = "pod-0", .session = "pod-0/n0"};
    OwnWrites writes_{identity_};
    Observation observation_{identity_, writes_, seconds(10)};

    static Lease rivals(int revision, int renewal, const std::string& uid = "uid-1") {
        return leaseOf(heldBy("web-1", "pod-1/n1", WallTime(seconds(renewal))), revision, uid);
    }
};

TEST_F(ObservationTest, KnowsNothingUntilAQuorumReadSaysSomething) {
    EXPECT_FALSE(observation_.isKnown());
    EXPECT_EQ(observation_.hinted(rivals(10, 1), at(1)), News::Changed);
    EXPECT_FALSE(observation_.isKnown());
    EXPECT_EQ(observation_.found(rivals(10, 1), at(1), at(2)), News::Same);
    EXPECT_TRUE(observation_.isKnown());
}

TEST_F(ObservationTest, TellsAnEditOfTheMetadataFromARenewal) {
    EXPECT_EQ(observation_.found(rivals(10, 1), at(1), at(2)), News::Changed);
    EXPECT_EQ(observation_.hinted(relabelled(rivals(10, 1), 11), at(3)), News::Same);
    EXPECT_EQ(observation_.lease()->revision.text(), "11");
    EXPECT_EQ(observation_.freeAt(), at(12));
    EXPECT_EQ(observation_.hinted(rivals(12, 2), at(4)), News::Changed);
    EXPECT_EQ(observation_.freeAt(), at(14));
}

TEST_F(ObservationTest, IgnoresHintsThatAreNotNewer) {
    observation_.found(rivals(10, 1), at(1), at(2));
    EXPECT_EQ(observation_.hinted(rivals(10, 2), at(3)), News::Ignored);
    EXPECT_EQ(observation_.hinted(rivals(9, 3), at(3)), News::Ignored);
    EXPECT_EQ(observation_.heardAt(), at(2));
}

TEST_F(ObservationTest, ComparesRevisionsAsNumbers) {
    observation_.found(rivals(9, 1), at(1), at(2));
    EXPECT_EQ(observation_.hinted(rivals(10, 2), at(3)), News::Changed);
    EXPECT_EQ(observation_.hinted(rivals(9, 3), at(4)), News::Ignored);
}

TEST_F(ObservationTest, IgnoresAReadThatWasOvertakenByAnEvent) {
    observation_.found(rivals(10, 1), at(1), at(2));
    observation_.hinted(rivals(12, 2), at(4));
    EXPECT_EQ(observation_.found(rivals(11, 9), at(3), at(5)), News::Ignored);
    EXPECT_EQ(observation_.heldUntil(), at(14));
}

TEST_F(ObservationTest, AReadThatFoundNoneCountsUnlessTheLeaseWasFirstSeenAfterItWasSent) {
    observation_.found(rivals(10, 1), at(1), at(2));
    observation_.hinted(rivals(20, 2, "uid-2"), at(4));
    EXPECT_EQ(observation_.missing(at(3), at(5)), News::Ignored);
    EXPECT_TRUE(observation_.lease());
    // An event of the past, processed late, says nothing against a read: uids do not come back.
    observation_.hinted(rivals(21, 3, "uid-2"), at(7));
    EXPECT_EQ(observation_.missing(at(6), at(8)), News::Changed);
    EXPECT_FALSE(observation_.lease());
}

TEST_F(ObservationTest, BelievesAnOlderReadThatWasSentLater) {
    observation_.found(rivals(10, 1), at(1), at(2));
    EXPECT_EQ(observation_.found(rivals(5, 0), at(3), at(4)), News::WentBack);
    EXPECT_EQ(observation_.lease()->revision.text(), "5");
    EXPECT_EQ(observation_.freeAt(), at(14));
}

TEST_F(ObservationTest, ADeletedLeaseIsNotBroughtBackByAReadSentBefore) {
    observation_.found(rivals(10, 1), at(1), at(2));
    EXPECT_EQ(observation_.missing(at(4), at(5)), News::Changed);
    EXPECT_EQ(observation_.found(rivals(10, 1), at(3), at(6)), News::Ignored);
    EXPECT_FALSE(observation_.lease());
    EXPECT_EQ(observation_.missing(at(7), at(8)), News::Same);
}

TEST_F(ObservationTest, ADeletedLeaseIsNotBroughtBackByAnEventFromThePast) {
    observation_.found(rivals(10, 1), at(1), at(2));
    observation_.missing(at(4), at(5));
    Lease late = rivals(12, 2);
    late.record.duration = seconds(60);
    EXPECT_EQ(observation_.hinted(late, at(6)), News::Ignored);
    EXPECT_FALSE(observation_.lease());
    EXPECT_EQ(observation_.longestDuration(), seconds(60));  // its leader may not have heard
    EXPECT_EQ(observation_.hinted(rivals(20, 3, "uid-2"), at(7)), News::Changed);
}

TEST_F(ObservationTest, NothingBringsBackALeaseThatIsKnownToBeGone) {
    observation_.found(rivals(10, 1), at(1), at(2));
    observation_.missing(at(4), at(5));
    // Each is newer than what was seen, and was on its way when the Lease was deleted.
    EXPECT_EQ(observation_.wrote(rivals(12, 2), at(6)), News::Ignored);
    EXPECT_EQ(observation_.found(rivals(13, 3), at(4), at(7)), News::Ignored);
    EXPECT_EQ(observation_.hinted(rivals(14, 4), at(8)), News::Ignored);
    EXPECT_FALSE(observation_.lease());
    // But a read that was sent since: etcd was restored.
    EXPECT_EQ(observation_.found(rivals(13, 3), at(9), at(10)), News::Changed);
    EXPECT_TRUE(observation_.lease());
}

TEST_F(ObservationTest, ANewerLeaseCountsThoughTheReadWasOvertakenAnOlderOneDoesNot) {
    observation_.found(rivals(10, 1), at(1), at(2));
    observation_.missing(at(4), at(5));
    EXPECT_EQ(observation_.found(rivals(5, 2, "uid-0"), at(3), at(6)), News::Ignored);
    EXPECT_TRUE(observation_.sawAnother());
    EXPECT_TRUE(observation_.foundNoneSince(at(3)));
    EXPECT_EQ(observation_.found(rivals(20, 2, "uid-2"), at(3), at(6)), News::Changed);
}

TEST_F(ObservationTest, WhatIsIgnoredStillTeaches) {
    Lease lasting = rivals(5, 1, "uid-0");
    lasting.record.duration = seconds(60);
    using Tell = std::function<News(Observation&)>;
    const std::vector<Tell> ways{[&](Observation& o) { return o.hinted(lasting, at(4)); },
                                 [&](Observation& o) { return o.found(lasting, at(1), at(4)); },
                                 [&](Observation& o) { return o.wrote(lasting, at(4)); }};
    for (const Tell& tell : ways) {
        Observation observation(identity_, writes_, seconds(10));
        observation.found(leaseOf(testing::released(), 10, "uid-1"), at(1), at(2));
        EXPECT_EQ(tell(observation), News::Ignored);
        EXPECT_TRUE(observation.sawAnother());
        EXPECT_EQ(observation.longestDuration(), seconds(60));
        EXPECT_EQ(observation.freeAt(), at(62)) << "its leader may not have heard";
        EXPECT_EQ(observation.lease()->uid, "uid-1");
    }
}

// It had never seen a Lease before it made this one, and so might take it at once; until it hears
// that there was another, were it one that nobody held.
TEST_F(ObservationTest, AnOwnVacancyIsNotTakenOnceAnotherLeaseIsKnown) {
    observation_.missing(at(1), at(2));
    observation_.wrote(leaseOf(vacant(seconds(10)), 20, "uid-2"), at(3));
    observation_.takeOwnVacancy(at(3));
    ASSERT_EQ(observation_.freeAt(), at(3));
    EXPECT_EQ(observation_.hinted(leaseOf(vacant(seconds(30)), 10, "uid-1"), at(4)), News::Ignored);
    EXPECT_EQ(observation_.freeAt(), at(33));
}

TEST_F(ObservationTest, AReleaseUnderAnotherUidDoesNotFreeWhatTheFormerLeaderMayHold) {
    observation_.found(rivals(10, 1), at(1), at(2));
    const auto newcomer = [](int revision, int renewal, const std::string& uid) {
        return leaseOf(heldBy("web-9", "pod-9/n9", WallTime(seconds(renewal))), revision, uid);
    };
    observation_.hinted(newcomer(20, 1, "uid-2"), at(4));
    observation_.hinted(leaseOf(testing::released(), 21, "uid-2"), at(5));
    EXPECT_EQ(observation_.claim(), Claim::Released);
    EXPECT_EQ(observation_.freeAt(), at(14));
    // Deleted and made again once more, held and released.
    observation_.missing(at(6), at(7));
    observation_.hinted(newcomer(30, 1, "uid-3"), at(8));
    observation_.hinted(leaseOf(testing::released(), 31, "uid-3"), at(9));
    EXPECT_EQ(observation_.freeAt(), at(18));
    // Once that time is over, a release is free at first sight again.
    observation_.hinted(newcomer(32, 2, "uid-3"), at(19));
    observation_.hinted(leaseOf(testing::released(), 33, "uid-3"), at(20));
    EXPECT_EQ(observation_.freeAt(), at(20));
}

TEST_F(ObservationTest, ALeaseThatWasMadeAgainIsWaitedOutForTheLongestLeaseSeen) {
    Lease lasting = rivals(10, 1);
    lasting.record.duration = seconds(60);
    observation_.found(lasting, at(1), at(2));
    observation_.missing(at(3), at(4));
    EXPECT_EQ(observation_.longestDuration(), seconds(60));
    observation_.found(leaseOf(vacant(seconds(10)), 20, "uid-2"), at(5), at(6));
    EXPECT_EQ(observation_.freeAt(), at(66));
    // And deleted once more: nobody has held it since.
    observation_.found(leaseOf(vacant(seconds(10)), 30, "uid-3"), at(7), at(8));
    EXPECT_EQ(observation_.freeAt(), at(68));
    EXPECT_TRUE(observation_.sawAnother());
}

TEST_F(ObservationTest, TheHolderOfADeletedLeaseIsWaitedOutThoughAnotherWithAShorterLeaseFollows) {
    Lease lasting = rivals(10, 1);
    lasting.record.duration = seconds(60);
    observation_.found(lasting, at(1), at(2));
    Lease brief = leaseOf(heldBy("web-2", "pod-2/n2", WallTime{}), 20, "uid-2");
    brief.record.duration = seconds(1);
    observation_.hinted(brief, at(3));
    EXPECT_EQ(observation_.freeAt(), at(63));
    brief = leaseOf(heldBy("web-2", "pod-2/n2", WallTime(seconds(1))), 21, "uid-2");
    observation_.hinted(brief, at(4));
    EXPECT_EQ(observation_.heldUntil(), at(14));
    EXPECT_EQ(observation_.freeAt(), at(63));
    observation_.hinted(leaseOf(vacant(seconds(1)), 30, "uid-3"), at(5));
    EXPECT_EQ(observation_.freeAt(), at(63));
}

TEST_F(ObservationTest, AHolderThatIsSeenSetsTheDurationAnew) {
    Lease lasting = rivals(10, 1);
    lasting.record.duration = seconds(60);
    observation_.found(lasting, at(1), at(2));
    observation_.hinted(rivals(11, 2), at(3));
    EXPECT_EQ(observation_.longestDuration(), seconds(10));
    EXPECT_FALSE(observation_.sawAnother());
}

TEST_F(ObservationTest, KnowsWhoseARecordIs) {
    const LeaseRecord own = heldBy("web-0", "pod-0/n0", WallTime(seconds(1)));
    writes_.sent(own, {at(0), WallTime(seconds(1))}, 1);
    struct Case {
        LeaseRecord record;
        Claim claim;
    };
    const std::vector<Case> cases{
        {own, Claim::Ours},
        {heldBy("web-0", "pod-0/n0", WallTime(seconds(2))), Claim::Rival},
        {heldBy("web-0", "pod-0/n9", WallTime(seconds(1))), Claim::SamePod},
        {heldBy("web-1", "pod-0/n9", WallTime(seconds(1))), Claim::Rival},
        {heldBy("web-0", "pod-01/n9", WallTime(seconds(1))), Claim::Rival},
        {heldBy("web-0", "", WallTime(seconds(1))), Claim::Rival},
        {testing::released(), Claim::Released},
        {vacant(seconds(1)), Claim::Unheld},
        {LeaseRecord{}, Claim::Unheld},
    };
    int revision = 10;
    for (const Case& each : cases) {
        ++revision;
        observation_.hinted(leaseOf(each.record, revision), at(revision));
        EXPECT_EQ(observation_.claim(), each.claim) << each.record.holder << each.record.session;
    }
}

TEST_F(ObservationTest, HidesNobodyBehindAnEmptyPodUid) {
    const Identity podless{.id = "web-0", .podUid = "", .session = "/n0"};
    Observation observation(podless, writes_, seconds(10));
    observation.found(leaseOf(heldBy("web-0", "/n9", WallTime{}), 10), at(1), at(2));
    EXPECT_EQ(observation.claim(), Claim::Rival);
}

}  // namespace
}  // namespace elector::election
