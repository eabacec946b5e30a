#include "elector/http/quota.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "tests/unit/http/remote_addresses.h"

namespace elector::http {
namespace {

TEST(RemoteAddressTest, KnowsTheLoopbackInAllItsForms) {
    EXPECT_TRUE(v4("127.0.0.1").isLoopback());
    EXPECT_TRUE(v4("127.1.2.3").isLoopback());
    EXPECT_TRUE(v6("::1").isLoopback());
    EXPECT_TRUE(v6("::ffff:127.0.0.1").isLoopback());
    EXPECT_FALSE(v4("10.0.0.1").isLoopback());
    EXPECT_FALSE(v6("::").isLoopback());
    EXPECT_FALSE(v6("::ffff:10.0.0.1").isLoopback());
    EXPECT_EQ(v4("10.0.0.1"), v6("::ffff:10.0.0.1"));
    EXPECT_EQ(v6("::ffff:10.0.0.1").text(), "10.0.0.1");
    EXPECT_EQ(v6("fd00::1").text(), "fd00::1");
}

TEST(RemoteAddressTest, CountsIpv6ByItsNetworkAndOthersByThemselves) {
    EXPECT_EQ(v6("fd00:1:2:3:4:5:6:7").counted(), v6("fd00:1:2:3::"));
    EXPECT_EQ(v6("fd00:1:2:3::1").counted(), v6("fd00:1:2:3:ffff::2").counted());
    EXPECT_NE(v6("fd00:1:2:3::1").counted(), v6("fd00:1:2:4::1").counted());
    EXPECT_EQ(v4("10.0.0.1").counted(), v4("10.0.0.1"));
    EXPECT_EQ(v6("::1").counted(), v6("::1"));
}

class QuotaTest : public testing::Test {
  protected:
    // The quota never looks into a connection: any address stands for one.
    Connection* connection(std::size_t number) {
        return reinterpret_cast<Connection*>(&names_.at(number));
    }
    Quota::Place enter(std::size_t number, const RemoteAddress& remote) {
        EXPECT_EQ(quota_.toDisplaceFor(remote), nullptr);
        return quota_.enter(connection(number), remote);
    }

    Limits limits_{.loopbackConnections = 4,
                   .remoteConnections = 6,
                   .connectionsPerRemote = 4,
                   .memoryBytes = 1000};
    Quota quota_{limits_};
    std::array<int, 32> names_{};
    const RemoteAddress a_ = v4("10.0.0.1");
    const RemoteAddress b_ = v4("10.0.0.2");
    const RemoteAddress local_ = v4("127.0.0.1");
};

TEST_F(QuotaTest, DisplacesTheLeastUsedOfTheSameAddress) {
    enter(9, b_);
    const auto first = enter(0, a_);
    enter(1, a_);
    enter(2, a_);
    enter(3, a_);
    quota_.touch(first);
    EXPECT_EQ(quota_.toDisplaceFor(a_), connection(1));
    EXPECT_EQ(quota_.toDisplaceFor(b_), nullptr);
}

TEST_F(QuotaTest, DisplacesTheLeastUsedOfAllWhenTheNetworksShareIsFull) {
    for (std::size_t i = 0; i < 4; ++i) {
        enter(i, a_);
    }
    enter(4, b_);
    enter(5, b_);
    EXPECT_EQ(quota_.toDisplaceFor(v4("10.0.0.3")), connection(0));
}

TEST_F(QuotaTest, KeepsTheLoopbackApartFromTheNetwork) {
    for (std::size_t i = 0; i < 4; ++i) {
        enter(i, a_);
    }
    enter(4, b_);
    enter(5, b_);
    for (std::size_t i = 6; i < 10; ++i) {
        enter(i, local_);
    }
    EXPECT_EQ(quota_.toDisplaceFor(v6("::1")), connection(6));
    EXPECT_EQ(quota_.toDisplaceFor(b_), connection(0));
    EXPECT_EQ(quota_.leastUsed(), connection(0));
}

TEST_F(QuotaTest, NeverDisplacesWhoWaitsForALaterAnswer) {
    const auto first = enter(0, local_);
    enter(1, local_);
    enter(2, local_);
    enter(3, local_);
    ASSERT_TRUE(quota_.hold(first));
    EXPECT_EQ(quota_.toDisplaceFor(local_), connection(1));
    quota_.release(first);
    EXPECT_EQ(quota_.toDisplaceFor(local_), connection(0));
}

TEST_F(QuotaTest, LetsHalfOfAQuotaWait) {
    std::vector<Quota::Place> places;
    for (std::size_t i = 0; i < 3; ++i) {
        places.push_back(enter(i, a_));
    }
    for (std::size_t i = 3; i < 6; ++i) {
        places.push_back(enter(i, b_));
    }
    EXPECT_TRUE(quota_.hold(places[0]));
    EXPECT_TRUE(quota_.hold(places[1]));
    EXPECT_FALSE(quota_.hold(places[2])) << "half of an address's share waits already";
    EXPECT_TRUE(quota_.hold(places[3]));
    EXPECT_FALSE(quota_.hold(places[4])) << "half of the network's share waits already";
    quota_.leave(places[0]);
    EXPECT_TRUE(quota_.hold(places[4]));
}

TEST_F(QuotaTest, CountsAWholeNetworkOfIpv6AsOneAddress) {
    for (std::size_t i = 0; i < 4; ++i) {
        enter(i, v6(("fd00::" + std::to_string(i + 1)).c_str()));
    }
    EXPECT_EQ(quota_.toDisplaceFor(v6("fd00::ffff")), connection(0));
    EXPECT_EQ(quota_.toDisplaceFor(v6("fd00:0:0:1::1")), nullptr);
}

TEST_F(QuotaTest, ShedsTheGreediestOfTheGreediestAddress) {
    const auto first = enter(0, a_);
    const auto second = enter(1, a_);
    const auto third = enter(2, b_);
    quota_.charge(first, 200);
    quota_.charge(second, 350);
    quota_.charge(third, 450);
    EXPECT_EQ(quota_.toShed(), nullptr) << "that is all there is";
    quota_.charge(third, 451);
    EXPECT_EQ(quota_.toShed(), connection(1)) << "the address with the most, not the connection";
    quota_.leave(second);
    EXPECT_EQ(quota_.toShed(), nullptr);
}

TEST_F(QuotaTest, ShedsTheNetworkForTheLoopbackAndTheOtherWayRound) {
    const auto network = enter(0, a_);
    const auto local = enter(1, local_);
    quota_.charge(network, 501);
    quota_.charge(local, 500);
    EXPECT_EQ(quota_.toShed(), connection(0));
    quota_.charge(network, 100);
    quota_.charge(local, 901);
    EXPECT_EQ(quota_.toShed(), connection(1));
    quota_.charge(local, 900);
    EXPECT_EQ(quota_.toShed(), nullptr) << "each may take what the other does not";
}

TEST_F(QuotaTest, ForgetsWhoLeft) {
    std::vector<Quota::Place> places;
    for (std::size_t i = 0; i < 4; ++i) {
        places.push_back(enter(i, a_));
    }
    quota_.leave(places[2]);
    EXPECT_EQ(quota_.toDisplaceFor(a_), nullptr);
    EXPECT_EQ(quota_.size(), 3U);
}

}  // namespace
}  // namespace elector::http
