#include <functional>

#include "tests/integration/integration_test.h"

// A watch is a hint: what a follower knows stays right when it lags, repeats, lies or ends.
namespace elector::test {
namespace {

struct WatchFault {
    std::string name;
    std::function<void(FakeApiServer&)> strike;
};
void PrintTo(const WatchFault& fault, std::ostream* out) {
    *out << fault.name;
}
std::string faultName(const testing::TestParamInfo<WatchFault>& info) {
    return info.param.name;
}

// A follower of a holder that no process is: its record is renewed by the test's hand.
class WatchFaultTest : public IntegrationTest, public testing::WithParamInterface<WatchFault> {
  protected:
    void renewFor(const std::string& holder) {
        server_.leases().edit(key_, [&](Poco::JSON::Object& lease) {
            Poco::JSON::Object::Ptr spec = lease.getObject("spec");
            if (spec.isNull()) {
                spec = new Poco::JSON::Object;
                lease.set("spec", spec);
            }
            spec->set("holderIdentity", holder);
            spec->set("leaseDurationSeconds", 2);
            spec->set("leaseTransitions", ++renewals_);
        });
    }

    int renewals_ = 0;
};

INSTANTIATE_TEST_SUITE_P(
    Faults, WatchFaultTest,
    testing::Values(
        WatchFault{"Silent", [](FakeApiServer& server) { server.holdWatches(true); }},
        WatchFault{"Repeats", [](FakeApiServer& server) { server.repeatWatchEvents(); }},
        WatchFault{"Ends", [](FakeApiServer& server) { server.closeWatches(); }},
        WatchFault{"BreaksOff", [](FakeApiServer& server) { server.cutWatches(); }},
        WatchFault{"Expires", [](FakeApiServer& server) { server.expireWatches(); }},
        WatchFault{"ExpiresByCompaction",
                   [](FakeApiServer& server) {
                       server.dropConnections();
                       server.leases().advanceRevision(10);
                       server.leases().compact();
                   }},
        WatchFault{"NoJson", [](FakeApiServer& server) { server.sendToWatches("}{\n"); }},
        WatchFault{"OtherType",
                   [](FakeApiServer& server) {
                       server.sendToWatches("{\"type\":\"PARTY\",\"object\":{}}\n");
                   }},
        WatchFault{"NoObject",
                   [](FakeApiServer& server) {
                       server.sendToWatches("{\"type\":\"MODIFIED\",\"object\":null}\n");
                   }},
        WatchFault{"EndlessLine",
                   [](FakeApiServer& server) {
                       for (int part = 0; part < 5; ++part) {
                           server.sendToWatches(std::string(std::size_t{1} << 20U, 'x'));
                       }
                   }},
        WatchFault{"Bookmark", [](FakeApiServer& server) { server.sendBookmark(); }}),
    faultName);

TEST_P(WatchFaultTest, AFollowerLearnsOfTheNextHolderAllTheSame) {
    renewFor("one");
    const auto web = elector("web-0");
    ASSERT_TRUE(waitForName(*web, "one"));
    ASSERT_TRUE(eventually([&] { return server_.openWatches() > 0; }));
    renewFor("one");
    GetParam().strike(server_);
    const int lists = server_.count("list");
    const auto begun = clock_.now();
    for (const std::string name : {"two", "three"}) {
        renewFor(name);
        EXPECT_TRUE(waitForName(*web, name, kLease + kSlack)) << name << "\n" << web->output();
    }
    EXPECT_FALSE(isLeading(*web));
    // It lists again where it has to, and does not spin.
    const auto seconds = std::chrono::ceil<Seconds>(clock_.now() - begun).count();
    EXPECT_LE(server_.count("list") - lists, 5 + 10 * seconds);
    server_.holdWatches(false);
}

TEST_F(WatchFaultTest, OldEventsBringNoOldNameBack) {
    renewFor("one");
    const auto web = elector("web-0");
    ASSERT_TRUE(waitForName(*web, "one"));
    ASSERT_TRUE(eventually([&] { return server_.openWatches() > 0; }));
    renewFor("two");
    ASSERT_TRUE(waitForName(*web, "two"));
    renewFor("three");
    ASSERT_TRUE(waitForName(*web, "three"));
    server_.repeatWatchEvents();
    const auto begun = clock_.now();
    ASSERT_TRUE(eventually([&] {
        EXPECT_NE(web->leader()->leader, "one");
        EXPECT_NE(web->leader()->leader, "two");
        return clock_.now() - begun > std::chrono::milliseconds(500);
    }));
}

TEST_F(WatchFaultTest, ASilentWatchMakesNobodyTakeAHeldLease) {
    const auto leader = elector("web-0");
    ASSERT_TRUE(leader->waitUntilLeading());
    const auto follower = elector("web-1");
    ASSERT_TRUE(waitForName(*follower, "web-0"));
    claims_.follow(leader);
    claims_.follow(follower);
    const std::string before = token(*leader);
    server_.holdWatches(true);
    const auto begun = clock_.now();
    ASSERT_TRUE(eventually([&] { return clock_.now() - begun > 2 * kLease; }));
    EXPECT_EQ(token(*leader), before);
    EXPECT_TRUE(waitForName(*follower, "web-0"));
    EXPECT_TRUE(claims_.stopAtToken(1));
    server_.holdWatches(false);
}

}  // namespace
}  // namespace elector::test
