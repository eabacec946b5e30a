#include "elector/runtime/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

namespace elector::runtime {
namespace {

TEST(EndingSignalsTest, TakesSignalsOneByOneInWhicheverThreadTheyCome) {
    const EndingSignals signals;
    ::kill(::getpid(), SIGTERM);
    EXPECT_EQ(signals.await(), "SIGTERM");
    std::jthread([] { ::kill(::getpid(), SIGINT); }).join();
    EXPECT_EQ(signals.await(std::chrono::hours(1)), "SIGINT");
    EXPECT_EQ(signals.await(std::chrono::milliseconds(1)), std::nullopt);
}

TEST(EndingSignalsTest, ABrokenPipeEndsNothing) {
    std::signal(SIGPIPE, SIG_DFL);
    const EndingSignals signals;
    ::raise(SIGPIPE);
    EXPECT_EQ(signals.await(std::chrono::milliseconds(1)), std::nullopt);
}

TEST(EndingSignalsDeathTest, UnblockedTheyEndTheProcess) {
    EXPECT_EXIT(
        {
            const EndingSignals signals;
            signals.unblock();
            ::raise(SIGTERM);
        },
        testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace elector::runtime
