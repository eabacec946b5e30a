#include "elector/http/quota.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "tests/unit/http/remote_addresses.h"

namespace elector::http {
namespace {

using testing::ElementsAre;

class TurnQueueTest : public testing::Test {
  protected:
    std::vector<Poller::Key> all() {
        std::vector<Poller::Key> keys;
        while (!queue_.empty()) {
            keys.push_back(queue_.pop());
        }
        return keys;
    }

    TurnQueue queue_;
    const RemoteAddress a_ = v4("10.0.0.1");
    const RemoteAddress b_ = v4("10.0.0.2");
};

TEST_F(TurnQueueTest, ServesAnAddressInTheOrderOfArrival) {
    const auto first = queue_.enter(1, a_);
    const auto second = queue_.enter(2, a_);
    const auto third = queue_.enter(3, a_);
    queue_.push(third);
    queue_.push(first);
    queue_.push(second);
    queue_.push(third);  // is in the queue already
    EXPECT_EQ(queue_.size(), 3U);
    EXPECT_THAT(all(), ElementsAre(3, 1, 2));
    queue_.push(first);
    EXPECT_THAT(all(), ElementsAre(1));
}

TEST_F(TurnQueueTest, ServesAddressesInTurn) {
    for (Poller::Key key = 1; key <= 4; ++key) {
        queue_.push(queue_.enter(key, a_));
    }
    queue_.push(queue_.enter(11, b_));
    queue_.push(queue_.enter(12, b_));
    queue_.push(queue_.enter(21, v4("10.0.0.3")));
    EXPECT_THAT(all(), ElementsAre(1, 11, 21, 2, 12, 3, 4));
}

TEST_F(TurnQueueTest, TakesANetworkOfIpv6ForOneAddress) {
    queue_.push(queue_.enter(1, v6("fd00::1")));
    queue_.push(queue_.enter(2, v6("fd00::2")));
    queue_.push(queue_.enter(11, v6("fd00:0:0:1::1")));
    EXPECT_THAT(all(), ElementsAre(1, 11, 2));
}

TEST_F(TurnQueueTest, ForgetsWhoLeaves) {
    const auto first = queue_.enter(1, a_);
    const auto second = queue_.enter(2, b_);
    const auto third = queue_.enter(3, b_);
    queue_.push(first);
    queue_.push(second);
    queue_.push(third);
    queue_.leave(first);
    queue_.leave(second);
    EXPECT_THAT(all(), ElementsAre(3));
    queue_.leave(third);
    EXPECT_TRUE(queue_.empty());
    queue_.push(queue_.enter(4, a_));
    EXPECT_THAT(all(), ElementsAre(4));
}

}  // namespace
}  // namespace elector::http
