#include "elector/http/quota.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

#include "tests/unit/http/remote_addresses.h"

namespace elector::http {
namespace {

class BodyQuotaTest : public testing::Test {
  protected:
    // The quota never looks into a connection: any address stands for one.
    Connection* connection(std::size_t number) {
        return reinterpret_cast<Connection*>(&names_.at(number));
    }
    // A body of which so much has arrived.
    BodyQuota::Place enter(std::size_t number, const RemoteAddress& remote, std::size_t bytes) {
        const auto place = quota_.enter(connection(number), remote, now_);
        quota_.resize(place, bytes);
        return place;
    }

    Limits limits_{.bodyBytes = 40, .bufferedBytes = 100};
    BodyQuota quota_{limits_};
    std::array<int, 16> names_{};
    runtime::Instant now_{std::chrono::hours(1)};
    const RemoteAddress a_ = v4("10.0.0.1");
    const RemoteAddress b_ = v4("10.0.0.2");
};

TEST_F(BodyQuotaTest, LetsAllGrowUpToTheLimit) {
    const auto first = enter(0, a_, 50);
    const auto second = enter(1, a_, 50);
    EXPECT_TRUE(quota_.mayGrow(first));
    EXPECT_TRUE(quota_.mayGrow(second));
}

TEST_F(BodyQuotaTest, LetsTheFirstOfAnAddressGrowBeyondTheLimit) {
    const auto first = enter(0, a_, 40);
    const auto second = enter(1, a_, 40);
    const auto third = enter(2, a_, 21);
    EXPECT_TRUE(quota_.mayGrow(first));
    EXPECT_FALSE(quota_.mayGrow(second));
    quota_.leave(first);
    EXPECT_TRUE(quota_.mayGrow(third));
}

TEST_F(BodyQuotaTest, LetsAnAddressGrowThatHasLessThanItsShare) {
    enter(0, a_, 40);
    enter(1, a_, 40);
    const auto greedy = enter(2, a_, 39);
    enter(3, b_, 40);
    const auto modest = enter(4, b_, 9);
    EXPECT_FALSE(quota_.mayGrow(greedy));
    EXPECT_TRUE(quota_.mayGrow(modest));
    quota_.resize(modest, 10);
    EXPECT_FALSE(quota_.mayGrow(modest)) << "two addresses have half of the limit each";
}

TEST_F(BodyQuotaTest, RefusesTheLastBodyOfTheAddressWithTheMost) {
    enter(0, a_, 40);
    enter(1, a_, 20);
    const auto last = enter(2, b_, 40);
    enter(3, b_, 40);
    enter(4, v4("10.0.0.3"), 40);
    EXPECT_EQ(quota_.toRefuse(now_), nullptr) << "that is the limit and two bodies";
    quota_.resize(last, 41);
    EXPECT_EQ(quota_.toRefuse(now_), connection(3));
}

TEST_F(BodyQuotaTest, RefusesWhatIsLeftUnfinishedRatherThanWhatIsLarge) {
    for (std::size_t number = 0; number < 7; ++number) {
        enter(number, v4(("10.0.1." + std::to_string(number)).c_str()), 20);
        now_ += std::chrono::milliseconds(10);
    }
    now_ += std::chrono::seconds(5);
    enter(7, a_, 40);
    now_ += std::chrono::milliseconds(100);
    EXPECT_EQ(quota_.toRefuse(now_), nullptr);
    enter(8, b_, 1);
    EXPECT_EQ(quota_.toRefuse(now_), connection(0));
}

TEST_F(BodyQuotaTest, GivesThoseThatWaitOnceAndNoneThatLeft) {
    enter(0, a_, 40);
    const auto second = enter(1, a_, 40);
    const auto third = enter(2, b_, 40);
    quota_.wait(second);
    quota_.wait(third);
    quota_.leave(third);
    EXPECT_EQ(quota_.takeWaiting(), std::vector<Connection*>{connection(1)});
    EXPECT_TRUE(quota_.takeWaiting().empty());
}

}  // namespace
}  // namespace elector::http
