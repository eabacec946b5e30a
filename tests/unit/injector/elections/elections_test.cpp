#include "injector/elections/elections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace injector::elections {
namespace {

using namespace std::chrono_literals;
using elector::election::Lease;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const ObjectKey kKey{"shop", "web"};

Lease leaseOf(const std::string& holder, int revision) {
    const std::string text = std::to_string(revision);
    Lease lease{"u", elector::election::Revision::parse(text).value(), {}, text, {}, "", false};
    lease.record.holder = holder;
    return lease;
}

// A table that is told of one Lease by a clock of its own. Both clocks go alike.
class ElectionsTest : public testing::Test {
  protected:
    void pass(Duration time) {
        now_ += time;
        table_.passTime(now_);
    }
    Moment moment() const {
        return {now_,
                elector::election::WallTime(std::chrono::duration_cast<std::chrono::microseconds>(
                    now_.time_since_epoch() + 1'000'000s))};
    }
    // As an elector writes it.
    void write(const std::string& holder, const std::string& session = "a", std::int64_t term = 0) {
        ++revision_;
        Lease lease = leaseOf(holder, revision_);
        lease.record.session = session;
        lease.record.duration = holder.empty() ? 1s : 15s;
        lease.record.renewTime = moment().wall;
        lease.record.acquireTime = moment().wall;
        lease.record.transitions = term;
        table_.put(kKey, lease, moment());
    }
    void addPod(const std::string& name, const std::string& problem = "") {
        Candidate candidate;
        candidate.name = name;
        candidate.node = "node1";
        candidate.workload = "Deployment web";
        candidate.campaigns = problem.empty();
        candidate.problem = problem;
        table_.putPod({"shop", name}, "web", candidate, now_);
    }
    const Election& election() const { return table_.all().at(kKey); }

    Instant now_{1000s};
    int revision_ = 100;
    Elections table_{now_};
};

TEST_F(ElectionsTest, ShowsWhoLeadsAndWhere) {
    addPod("web-0");
    write("web-0");
    EXPECT_EQ(election().holder, "web-0");
    EXPECT_EQ(election().node, "node1");
    EXPECT_EQ(election().workload, "Deployment web");
    EXPECT_THAT(election().warnings, IsEmpty());
    EXPECT_THAT(election().takeovers, IsEmpty()) << "it led before anybody watched";
}

// Which write began a term that was found is not known; of one that was seen it is.
TEST_F(ElectionsTest, KnowsTheTokenOfATermWhoseBeginItSaw) {
    write("web-0");
    EXPECT_EQ(election().token, "");
    write("");
    EXPECT_EQ(election().holder, "");
    write("web-1", "b", 1);
    EXPECT_EQ(election().token, "103");
    pass(2s);
    write("web-1", "b", 1);
    EXPECT_EQ(election().token, "103") << "a renewal is no new term";
    EXPECT_EQ(election().renewed, now_);
}

TEST_F(ElectionsTest, SaysHowEachLeaderCameToLead) {
    write("web-0");
    write("");
    write("web-1", "b", 1);
    pass(16s);
    write("web-2", "c", 2);
    write("web-0", "d", 3);
    ASSERT_EQ(election().takeovers.size(), 3U);
    EXPECT_EQ(election().takeovers[0].how, "after a release");
    EXPECT_EQ(election().takeovers[1].how, "after the term of web-1 had expired");
    EXPECT_EQ(election().takeovers[2].how, "from web-2");
}

TEST_F(ElectionsTest, ATermExpiresWithoutAnyWrite) {
    write("web-0");
    pass(15s);
    EXPECT_EQ(election().holder, "web-0");
    const auto before = election().version;
    pass(1s);
    EXPECT_EQ(election().holder, "");
    EXPECT_GT(election().version, before);
    EXPECT_EQ(election().leaderlessSince, now_ - 1s) << "from the end of the term";
    EXPECT_EQ(election().spans.back().to, now_ - 1s);
    write("web-0", "a", 1);
    EXPECT_EQ(election().leaderless, 1s);
}

// Found a minute after its last renewal, it has expired for as long.
TEST_F(ElectionsTest, ALeaseThatIsFoundIsAsOldAsItSays) {
    Lease lease = leaseOf("web-0", 1);
    lease.record.duration = 15s;
    lease.record.renewTime = moment().wall - 1min;
    table_.put(kKey, lease, moment());
    EXPECT_EQ(election().renewed, now_ - 1min);
    pass(0s);
    EXPECT_EQ(election().holder, "");
}

TEST_F(ElectionsTest, ALeaseForLifeDoesNotExpire) {
    Lease lease = leaseOf("web-0", 1);
    lease.ownedByPod = true;
    table_.put(kKey, lease, moment());
    pass(1h);
    EXPECT_EQ(election().holder, "web-0");
}

TEST_F(ElectionsTest, WarnsThatNobodyLeadsOnlyWhereSomebodyMight) {
    write("web-0");
    pass(1min);
    EXPECT_THAT(election().warnings, IsEmpty()) << "no Pod is left";
    addPod("web-1");
    EXPECT_THAT(election().warnings,
                ElementsAre(HasSubstr("Nobody leads, though one Pod campaigns")));
    addPod("web-2");
    EXPECT_THAT(election().warnings, ElementsAre(HasSubstr("2 Pods campaign:")));
    write("web-2", "b", 1);
    EXPECT_THAT(election().warnings, IsEmpty());
}

TEST_F(ElectionsTest, ATakeOverIsNoReasonToWarn) {
    addPod("web-0");
    write("web-0");
    pass(16s);
    EXPECT_THAT(election().warnings, IsEmpty());
}

TEST_F(ElectionsTest, WarnsOfALeaderWhoseProgramIsUnhealthyUntilThatEnds) {
    Lease lease = leaseOf("web-0", ++revision_);
    lease.record.duration = 15s;
    lease.record.renewTime = moment().wall;
    for (const char* degraded : {elector::election::kDegraded, "web-1 asks for it"}) {
        lease.record.degraded = degraded;
        lease.fingerprint += degraded;
        table_.put(kKey, lease, moment());
        EXPECT_THAT(election().warnings, ElementsAre(HasSubstr("program is unhealthy")));
    }
    write("web-0");
    EXPECT_THAT(election().warnings, IsEmpty());
    lease.fingerprint += "again";
    table_.put(kKey, lease, moment());
    EXPECT_THAT(election().warnings, ElementsAre(HasSubstr("program is unhealthy")));
    pass(16s);
    EXPECT_THAT(election().warnings, IsEmpty()) << "its term has expired";
}

TEST_F(ElectionsTest, WarnsOfALeaderThatChangesAgainAndAgain) {
    for (int i = 0; i < 7; ++i) {
        write("web-" + std::to_string(i % 2), "s" + std::to_string(i), i);
    }
    EXPECT_THAT(election().warnings, ElementsAre("The leader changed 6 times within 15 minutes."));
    for (int i = 0; i < 100; ++i) {
        pass(10s);
        write("web-0", "s6", 6);
    }
    EXPECT_THAT(election().warnings, IsEmpty());
}

TEST_F(ElectionsTest, WarnsOfTwoProcessesWithOneId) {
    write("web-0", "a");
    write("web-0", "b");
    EXPECT_THAT(election().warnings, IsEmpty()) << "it was started anew";
    write("web-0", "a");
    EXPECT_THAT(election().warnings, ElementsAre(HasSubstr("same id, web-0")));
}

TEST_F(ElectionsTest, TellsWhyAPodHasNoSidecar) {
    addPod("web-0", "windows");
    EXPECT_THAT(election().warnings, ElementsAre("Pod web-0 has no sidecar: windows."));
    EXPECT_EQ(election().campaigning(), 0U);
    pass(1h);
    EXPECT_EQ(election().warnings.size(), 1U) << "nobody campaigns, so nobody can lead";
}

TEST_F(ElectionsTest, GoesWithItsLeaseAndItsLastPod) {
    addPod("web-0");
    write("web-0");
    const auto version = table_.version();
    table_.remove(kKey, now_);
    EXPECT_EQ(election().holder, "");
    table_.removePod({"shop", "web-0"}, now_);
    EXPECT_THAT(table_.all(), IsEmpty());
    EXPECT_THAT(table_.goneSince(version).value(), ElementsAre(kKey));
    EXPECT_THAT(table_.goneSince(table_.version()).value(), IsEmpty());
    addPod("web-1");
    EXPECT_THAT(table_.goneSince(version).value(), IsEmpty()) << "it is there again";
}

TEST_F(ElectionsTest, ForgetsWhatWentLongAgo) {
    for (int i = 0; i < 1100; ++i) {
        addPod("web-0");
        table_.removePod({"shop", "web-0"}, now_);
    }
    EXPECT_FALSE(table_.goneSince(0).has_value());
}

TEST_F(ElectionsTest, APodMayChangeItsLease) {
    addPod("web-0");
    Candidate candidate;
    candidate.name = "web-0";
    table_.putPod({"shop", "web-0"}, "other", candidate, now_);
    EXPECT_FALSE(table_.all().contains(kKey));
    EXPECT_EQ(table_.all().at({"shop", "other"}).candidates.size(), 1U);
}

TEST_F(ElectionsTest, WhatIsToldTwiceChangesNothing) {
    addPod("web-0");
    const auto version = table_.version();
    addPod("web-0");
    EXPECT_EQ(table_.version(), version);
}

TEST_F(ElectionsTest, KeepsSoMuchHistoryAndNoMore) {
    for (int i = 0; i < 100; ++i) {
        write("web-" + std::to_string(i % 2), "s" + std::to_string(i), i);
    }
    EXPECT_EQ(election().takeovers.size(), Elections::kMaxHistory);
    EXPECT_EQ(election().spans.size(), Elections::kMaxHistory);
}

// As a command sees it that looks once.
TEST(ElectionsAtFirstSightTest, ALeaseThatWasReleasedLongAgoIsOneThatNobodyLeads) {
    const Moment now{Instant(5000s), elector::election::WallTime(1'000'000s)};
    for (const auto& [released, warned] : {std::pair(6000s, true), std::pair(3s, false)}) {
        Elections table;
        Lease lease = leaseOf("", 7);
        lease.record.renewTime = now.wall - released;
        table.put(kKey, lease, now);
        Candidate candidate;
        candidate.name = "web-0";
        candidate.campaigns = true;
        table.putPod({"shop", "web-0"}, "web", candidate, now.boot);
        EXPECT_EQ(!table.all().at(kKey).warnings.empty(), warned) << released.count();
        EXPECT_EQ(now.boot - *table.all().at(kKey).leaderlessSince, released);
    }
}

}  // namespace
}  // namespace injector::elections
