#include "elector/runtime/clock.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>
#include <system_error>

namespace elector::runtime {

// ------------------------------------------------------------------------------------------ clocks

namespace {

Duration readClock(clockid_t clock) {
    timespec t{};
    clock_gettime(clock, &t);
    return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

}  // namespace

Instant SystemClock::now() const {
    return Instant(readClock(CLOCK_BOOTTIME));
}

Duration SystemClock::suspended() const {
    const Duration monotonic =
        readClock(CLOCK_MONOTONIC);  // first, so that the difference is no less
    return readClock(CLOCK_BOOTTIME) - monotonic;
}

WallTime SystemClock::wall() const {
    timespec t{};
    clock_gettime(CLOCK_REALTIME, &t);
    return WallTime(std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_nsec / 1000));
}

// ------------------------------------------------------------------------------------------ waking

Wake::Wake()
    : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(event_ ? timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK) : -1) {
    if (!timer_) {
        throw std::system_error(errno, std::generic_category(), "cannot create a timer");
    }
}

void Wake::wake() {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then a wake is pending anyway.
    [[maybe_unused]] const auto written = write(event_.get(), &one, sizeof one);
}

void Wake::clear() {
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(event_.get(), &count, sizeof count);
}

void Wake::waitUntil(std::optional<election::Instant> when) {
    setAlarm(when);
    wait(-1, 0, true);
    clear();
}

void Wake::setAlarm(std::optional<election::Instant> when) {
    itimerspec spec{};
    if (when) {
        // An instant in the past must fire at once; zero would disarm the timer.
        const auto since = std::max(when->time_since_epoch(), election::Duration(1));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        spec.it_value.tv_sec = seconds.count();
        spec.it_value.tv_nsec = (since - seconds).count();
    }
    timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

Wake::Outcome Wake::wait(int descriptor, short events, bool mayBlock) {
    std::array<pollfd, 3> waits{
        {{event_.get(), POLLIN, 0}, {timer_.get(), POLLIN, 0}, {descriptor, events, 0}}};
    while (poll(waits.data(), waits.size(), mayBlock ? -1 : 0) < 0 && errno == EINTR) {
    }
    if (waits[0].revents != 0) {
        return Outcome::Woken;
    }
    return waits[1].revents != 0 ? Outcome::TimedOut : Outcome::Ready;
}

}  // namespace elector::runtime
