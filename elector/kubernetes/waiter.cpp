#include "elector/kubernetes/waiter.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace elector::kubernetes {

Waiter::Waiter()
    : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      timer_(timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK)) {
    if (event_ < 0 || timer_ < 0) {
        const int problem = errno;
        close(event_);
        close(timer_);
        throw std::system_error(problem, std::generic_category(), "cannot create a timer");
    }
}

Waiter::~Waiter() {
    onStop_.reset();
    close(event_);
    close(timer_);
}

void Waiter::begin(const Limits& limits) {
    onStop_.reset();
    std::uint64_t count = 0;
    [[maybe_unused]] const auto got = read(event_, &count, sizeof count);

    itimerspec spec{};
    if (limits.deadline != Instant::max()) {
        // An instant in the past must fire at once; zero would disarm the timer.
        const auto since = std::max(limits.deadline.time_since_epoch(), Duration(1));
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(since);
        spec.it_value.tv_sec = seconds.count();
        spec.it_value.tv_nsec = (since - seconds).count();
    }
    timerfd_settime(timer_, TFD_TIMER_ABSTIME, &spec, nullptr);

    onStop_.emplace(limits.stop, [event = event_] {
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = write(event, &one, sizeof one);
    });
}

Waiter::Outcome Waiter::wait(int descriptor, short events) {
    return poll(descriptor, events, -1);
}

Waiter::Outcome Waiter::check() {
    return poll(-1, 0, 0);
}

Waiter::Outcome Waiter::poll(int descriptor, short events, int timeout) {
    std::array<pollfd, 3> waits{
        {{event_, POLLIN, 0}, {timer_, POLLIN, 0}, {descriptor, events, 0}}};
    while (::poll(waits.data(), waits.size(), timeout) < 0 && errno == EINTR) {
    }
    if (waits[0].revents != 0) {
        return Outcome::Stopped;
    }
    return waits[1].revents != 0 ? Outcome::TimedOut : Outcome::Ready;
}

}  // namespace elector::kubernetes
