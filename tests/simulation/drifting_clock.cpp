#include "tests/simulation/drifting_clock.h"

#include <chrono>

namespace elector::simulation {
namespace {

constexpr std::int64_t kMillion = 1'000'000;
// Products of a run's nanoseconds with a rate fit into 64 bits up to here.
constexpr Duration kLongestRun = std::chrono::hours(2);

}  // namespace

election::Instant DriftingClock::bootAt(Duration trueTime) const {
    return election::Instant(bootAtStart_ + Duration(trueTime.count() * rate_ / kMillion));
}

election::Moment DriftingClock::at(Duration trueTime) const {
    const election::Instant boot = bootAt(trueTime);
    Duration passed = boot.time_since_epoch() - bootAtStart_;
    if (wallStep_ > Duration(0)) {
        passed -= passed % wallStep_;
    }
    return {boot, wallAtStart_ + std::chrono::floor<std::chrono::microseconds>(passed)};
}

Duration DriftingClock::trueTimeOf(election::Instant boot) const {
    const Duration passed = boot.time_since_epoch() - bootAtStart_;
    if (passed > kLongestRun) {
        return Duration::max();
    }
    Duration guess(passed.count() * kMillion / rate_);
    while (bootAt(guess) < boot) {
        guess += Duration(1);
    }
    while (guess > Duration(0) && bootAt(guess - Duration(1)) >= boot) {
        guess -= Duration(1);
    }
    return guess;
}

void DriftingClock::jumpWall(Duration by) {
    wallAtStart_ += std::chrono::floor<std::chrono::microseconds>(by);
}

}  // namespace elector::simulation
