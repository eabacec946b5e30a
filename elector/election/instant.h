#pragma once

#include <chrono>

// The two kinds of time. Both are values here: nothing in this folder reads a clock.
namespace elector::election {

using Duration = std::chrono::nanoseconds;

// Time since boot, which goes on while the machine is suspended (CLOCK_BOOTTIME). The only time
// that decides anything. It has no now(): runtime::Clock reads it.
struct BootTime {
    using duration = Duration;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<BootTime>;
    // NOLINTNEXTLINE(readability-identifier-naming): the name that <chrono> asks for
    static constexpr bool is_steady = true;
};
using Instant = BootTime::time_point;

// Wall-clock time in the precision of Kubernetes' MicroTime. It is written and shown; it can end a
// term early (see Leadership) and decides nothing else.
using WallTime = std::chrono::time_point<std::chrono::system_clock, std::chrono::microseconds>;

// One reading of both clocks.
struct Moment {
    Instant boot;
    WallTime wall;
};

}  // namespace elector::election
