#include "elector/health/prober.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace elector::health {
namespace {

using namespace std::chrono_literals;

const std::optional<std::string> kPassed;
const std::optional<std::string> kFailed = "it answers 500";

TEST(VerdictTest, ChangesAfterSoManyInARow) {
    Verdict verdict(3, 2);
    EXPECT_FALSE(verdict.count(kPassed));
    const auto healthy = verdict.count(kPassed);
    ASSERT_TRUE(healthy);
    EXPECT_TRUE(healthy->healthy);
    EXPECT_FALSE(verdict.count(kPassed)) << "as before";
    EXPECT_FALSE(verdict.count(kFailed));
    EXPECT_FALSE(verdict.count(kFailed));
    EXPECT_FALSE(verdict.count(kPassed)) << "they begin again";
    EXPECT_FALSE(verdict.count(kFailed));
    EXPECT_FALSE(verdict.count(kFailed));
    const auto unhealthy = verdict.count(kFailed);
    ASSERT_TRUE(unhealthy);
    EXPECT_FALSE(unhealthy->healthy);
    EXPECT_EQ(unhealthy->why, "it answers 500");
    EXPECT_FALSE(verdict.count(kFailed));
    EXPECT_FALSE(verdict.count(kPassed));
    EXPECT_TRUE(verdict.count(kPassed)->healthy);
}

TEST(VerdictTest, TheFirstIsToldWhicheverItIs) {
    EXPECT_TRUE(Verdict(3, 1).count(kPassed)->healthy);
    EXPECT_FALSE(Verdict(1, 1).count(kFailed)->healthy);
}

TEST(ProberTest, TellsWhatHasChangedAndNothingElse) {
    const runtime::SystemClock clock;
    std::mutex mutex;
    std::condition_variable told;
    std::vector<bool> heard;
    std::atomic<int> probes = 0;
    Prober prober(
        [&](Instant deadline, const std::stop_token&) {
            EXPECT_LE(deadline - clock.now(), 20ms);
            const int probe = probes++;
            return probe < 3 || probe > 8 ? kPassed : kFailed;
        },
        {.period = 1ms, .timeout = 20ms, .failures = 3, .successes = 1}, clock,
        [&](const HealthChanged& health) {
            const std::lock_guard guard(mutex);
            heard.push_back(health.healthy);
            told.notify_all();
        });
    prober.start();
    std::unique_lock guard(mutex);
    told.wait(guard, [&] { return heard.size() >= 3; });
    EXPECT_EQ(heard, (std::vector<bool>{true, false, true}));
    EXPECT_GE(probes, 10);
}

TEST(ProberTest, AProbeThatHangsEndsWithIt) {
    const runtime::SystemClock clock;
    std::promise<void> hangs;
    std::promise<void> ended;
    {
        Prober prober(
            [&](Instant, const std::stop_token& stop) -> std::optional<std::string> {
                std::promise<void> stopped;
                const std::stop_callback waker(stop, [&] { stopped.set_value(); });
                hangs.set_value();
                stopped.get_future().wait();
                ended.set_value();
                return "it hangs";
            },
            {.period = 1ms, .timeout = 1h, .failures = 1, .successes = 1}, clock,
            [](const HealthChanged&) { ADD_FAILURE() << "nobody is told any more"; });
        prober.start();
        hangs.get_future().wait();
    }
    EXPECT_EQ(ended.get_future().wait_for(0s), std::future_status::ready);
}

}  // namespace
}  // namespace elector::health
