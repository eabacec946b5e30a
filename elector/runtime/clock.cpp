#include "elector/runtime/clock.h"

#include <ctime>

namespace elector::runtime {

Instant SystemClock::now() const {
    timespec t{};
    clock_gettime(CLOCK_BOOTTIME, &t);
    return Instant(std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec));
}

WallTime SystemClock::wall() const {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    return WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_nsec / 1000));
}

}  // namespace elector::runtime
