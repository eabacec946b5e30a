#include "elector/runtime/clock.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace elector::runtime {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

bool isReadable(int descriptor) {
    pollfd wait{descriptor, POLLIN, 0};
    return poll(&wait, 1, 0) == 1;
}

TEST(WakeTest, ReturnsAtTheInstantAndNotBefore) {
    const SystemClock clock;
    Wake wake;
    const Instant when = clock.now() + milliseconds(20);
    wake.waitUntil(when);
    EXPECT_GE(clock.now(), when);
}

TEST(WakeTest, ReturnsAtOnceWhenTheInstantHasPassed) {
    const SystemClock clock;
    Wake wake;
    wake.waitUntil(clock.now() - hours(1));
    wake.waitUntil(Instant{});       // zero would disarm the timer
    wake.waitUntil(Instant::min());  // and a negative time is no time to it
    EXPECT_FALSE(isReadable(wake.descriptor()));
}

TEST(WakeTest, ReturnsAtOnceWhenAWakeCameBefore) {
    Wake wake;
    wake.wake();
    wake.wake();
    wake.waitUntil(std::nullopt);
    EXPECT_FALSE(isReadable(wake.descriptor())) << "two wakes end one wait";
}

TEST(WakeTest, IsWokenByAnotherThread) {
    const SystemClock clock;
    Wake wake;
    std::atomic<bool> woke{false};
    std::jthread other([&] {
        woke = true;
        wake.wake();
    });
    const Instant when = clock.now() + hours(1);
    wake.waitUntil(when);
    EXPECT_TRUE(woke);
    EXPECT_LT(clock.now(), when);
}

TEST(WakeTest, IsWokenByAStop) {
    Wake wake;
    std::stop_source source;
    const std::stop_callback callback(source.get_token(), [&] { wake.wake(); });
    std::jthread other([&] { source.request_stop(); });
    wake.waitUntil(std::nullopt);
    EXPECT_TRUE(source.stop_requested());
}

TEST(WakeTest, ForgetsTheInstantOfTheWaitBefore) {
    const SystemClock clock;
    Wake wake;
    wake.wake();
    wake.waitUntil(clock.now() + milliseconds(1));  // may leave an expired timer behind
    const Instant when = clock.now() + milliseconds(20);
    wake.waitUntil(when);
    EXPECT_GE(clock.now(), when);
}

TEST(WakeTest, ShowsAPendingWakeOnItsDescriptorUntilCleared) {
    Wake wake;
    EXPECT_FALSE(isReadable(wake.descriptor()));
    wake.wake();
    EXPECT_TRUE(isReadable(wake.descriptor()));
    wake.clear();
    EXPECT_FALSE(isReadable(wake.descriptor()));
}

TEST(ClockTest, GoesForwardAndReadsBothClocks) {
    const SystemClock clock;
    const Moment before = clock.moment();
    const Moment after = clock.moment();
    EXPECT_LE(before.boot, after.boot);
    EXPECT_GT(before.boot, Instant{});
    const auto year2020 = std::chrono::sys_days(std::chrono::year(2020) / 1 / 1);
    EXPECT_GT(before.wall, WallTime(year2020));
}

}  // namespace
}  // namespace elector::runtime
