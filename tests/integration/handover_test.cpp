#include <csignal>
#include <future>

#include "tests/integration/integration_test.h"

// Who leads, and who leads next.
namespace elector::test {
namespace {

using HandoverTest = IntegrationTest;
using testing::IsEmpty;
using testing::StartsWith;

TEST_F(HandoverTest, ALoneElectorLeadsAtOnceAndKeepsItsToken) {
    const auto web = elector("web-0");
    ASSERT_TRUE(web->waitUntilLeading()) << web->output();
    const std::string first = token(*web);
    ASSERT_TRUE(waitForUpdates(8)) << web->output();
    EXPECT_EQ(token(*web), first);
    const auto reply = web->leader();
    ASSERT_TRUE(reply);
    EXPECT_EQ(reply->leader, "web-0");
    EXPECT_LE(reply->validFor, kRenew);
    EXPECT_EQ(web->get("/healthz")->status, 200);
    EXPECT_EQ(web->get("/readyz")->status, 200);
    EXPECT_THAT(web->get("/")->body, StartsWith("{\"name\":\"web-0\",\"last_update\":\""));
    EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "web-0");
    EXPECT_EQ(server_.leases().field(key_, "spec.leaseDurationSeconds"), "2");
}

TEST_F(HandoverTest, OfThreeOneLeadsAndTheOthersNameIt) {
    const std::vector<Process> all = [this] {
        std::vector<Process> started;
        for (const char* id : {"web-0", "web-1", "web-2"}) {
            started.push_back(elector(id));
            claims_.follow(started.back());
        }
        return started;
    }();
    std::string name;
    ASSERT_TRUE(all[0]->waitForLeader([&](const LeaderReply& reply) {
        name = reply.leader;
        return !name.empty();
    }));
    for (const Process& one : all) {
        EXPECT_TRUE(waitForName(*one, name)) << one->output();
        EXPECT_EQ(isLeading(*one), one->leader()->id == name);
    }
    EXPECT_TRUE(claims_.stopAtToken(1));
    EXPECT_EQ(claims_.overlaps(), "");
}

TEST_F(HandoverTest, FollowersCostNoRequestsAndAreToldAtOnce) {
    const auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const auto follower = elector("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    // It may have been told by its first read, with its watch, which begins with a list, still to
    // come.
    ASSERT_TRUE(eventually([this] { return server_.count("list") >= 2; }));
    const int gets = server_.count("get");
    const int lists = server_.count("list");
    ASSERT_TRUE(waitForUpdates(10));
    EXPECT_LE(server_.count("get") - gets, 1);
    EXPECT_EQ(server_.count("list"), lists);
}

TEST_F(HandoverTest, AKilledLeaderIsReplacedAfterItsLease) {
    auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    ASSERT_TRUE(waitForUpdates(3));

    const auto killed = clock_.now();
    first->signal(SIGKILL);
    ASSERT_TRUE(second->waitUntilLeading()) << second->output();
    // The last renewal came at most one attempt before the kill.
    EXPECT_GE(clock_.now() - killed, kLease - kRenew);
    EXPECT_LE(clock_.now() - killed, kLease + kSlack);
    EXPECT_TRUE(claims_.stopAtToken(2));
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(HandoverTest, WhatAFollowerSaysOfAKilledLeaderExpires) {
    auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    // A follower that cannot take over, since it may not write.
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    first->signal(SIGKILL);
    server_.forbid({"update"});
    EXPECT_TRUE(waitForName(*second, "", kLease + kSlack)) << second->output();
}

TEST_F(HandoverTest, ATerminatedLeaderReleasesAndIsReplacedLongBeforeItsLeaseEnds) {
    auto first = elector("web-0", {"--lease-duration=20s", "--lease-renew-duration=10s"});
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1", {"--lease-duration=20s", "--lease-renew-duration=10s"});
    ASSERT_TRUE(waitForName(*second, "web-0"));
    const std::string before = token(*first);
    first->signal(SIGTERM);
    EXPECT_TRUE(
        second->waitForLeader([](const LeaderReply& reply) { return reply.isLeader; }, Seconds(5)))
        << second->output();
    EXPECT_EQ(first->waitForExit(), 0);
    EXPECT_NE(token(*second), before);
}

TEST_F(HandoverTest, AReleaseIsWrittenAsClientGoWritesIt) {
    auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    first->signal(SIGTERM);
    ASSERT_EQ(first->waitForExit(), 0) << first->output();
    EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "");
    EXPECT_EQ(server_.leases().field(key_, "spec.leaseDurationSeconds"), "1");
    EXPECT_THAT(server_.leases().field(key_, "spec.acquireTime"), testing::Not(IsEmpty()));
    EXPECT_THAT(server_.leases().field(key_, "spec.renewTime"), testing::Not(IsEmpty()));
}

TEST_F(HandoverTest, OnShutdownExpireLeavesTheLeaseToExpire) {
    auto first = elector("web-0", {"--on-shutdown=expire"});
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    ASSERT_TRUE(waitForUpdates(2));
    const auto terminated = clock_.now();
    first->signal(SIGTERM);
    EXPECT_EQ(first->waitForExit(), 0);
    EXPECT_EQ(server_.leases().field(key_, "spec.holderIdentity"), "web-0");
    ASSERT_TRUE(second->waitUntilLeading());
    EXPECT_GE(clock_.now() - terminated, kLease - kRenew);
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(HandoverTest, AStoppedLeaderAnswersNoFromTheFirstAnswerOn) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    const std::string before = token(*first);
    claims_.follow(second);
    first->port();  // known from here on

    const auto stopped = clock_.now();
    first->stop();
    auto asked = std::async(std::launch::async, [&] { return first->leader(Seconds(30)); });
    ASSERT_TRUE(second->waitUntilLeading()) << second->output();
    ASSERT_TRUE(eventually([&] { return clock_.now() - stopped >= 2 * kLease; }));
    first->signal(SIGCONT);
    const auto reply = asked.get();
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->isLeader);
    EXPECT_NE(reply->leader, "web-0");
    EXPECT_TRUE(waitForName(*first, "web-1")) << first->output();
    EXPECT_TRUE(isLeading(*second));
    EXPECT_NE(token(*second), before);
}

TEST_F(HandoverTest, ARestartedElectorCampaignsAsAnotherProcess) {
    auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    claims_.follow(first);
    ASSERT_TRUE(waitForUpdates(2));
    first->signal(SIGKILL);
    first->waitForExit();
    const auto again = elector("web-0");
    claims_.follow(again);
    // The record names its id: that is no reason to lead.
    ASSERT_TRUE(again->waitUntilLeading()) << again->output();
    EXPECT_TRUE(claims_.stopAtToken(2));
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(HandoverTest, ADeletedLeaseIsTakenAgainByItsLeaderUnderANewToken) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const auto second = elector("web-1");
    ASSERT_TRUE(waitForName(*second, "web-0"));
    claims_.follow(first);
    claims_.follow(second);
    for (int round = 0; round < 3; ++round) {
        const std::string before = token(*first);
        ASSERT_TRUE(server_.leases().remove(key_));
        ASSERT_TRUE(first->waitForLeader([&](const LeaderReply& reply) {
            return reply.isLeader && reply.fencingToken != before;
        })) << first->output();
        EXPECT_FALSE(isLeading(*second));
    }
    claims_.stop();
    EXPECT_EQ(claims_.overlaps(), "");
    EXPECT_EQ(claims_.disorder(), "");
}

TEST_F(HandoverTest, AnotherHolderEndsTheTermAtOnce) {
    const auto first = elector("web-0", {"--lease-duration=20s", "--lease-renew-duration=10s"});
    ASSERT_TRUE(first->waitUntilLeading());
    server_.leases().edit(key_, [](Poco::JSON::Object& lease) {
        lease.getObject("spec")->set("holderIdentity", "somebody");
    });
    EXPECT_TRUE(waitUntilNotLeading(*first, Seconds(5))) << first->output();
    EXPECT_TRUE(waitForName(*first, "somebody"));
}

TEST_F(HandoverTest, ForeignLabelsNeitherEndATermNorGetLost) {
    const auto first = elector("web-0");
    ASSERT_TRUE(first->waitUntilLeading());
    const std::string before = token(*first);
    const auto renewed = [&] { return server_.leases().field(key_, "spec.renewTime"); };
    for (int round = 0; round < 10; ++round) {
        // Between a renewal that landed and the next: whoever labels the Lease between the sending
        // and the landing of each can end a term.
        const std::string last = renewed();
        server_.leases().label(key_, "team", "t" + std::to_string(round));
        ASSERT_TRUE(eventually([&] { return renewed() != last; })) << first->output();
    }
    EXPECT_EQ(token(*first), before) << first->output();
    EXPECT_EQ(server_.leases().field(key_, "metadata.labels.team"), "t9");
}

}  // namespace
}  // namespace elector::test
