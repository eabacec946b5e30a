#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// Waits for a descriptor, but no longer than until a deadline on CLOCK_BOOTTIME, and no longer than
// until a stop is requested. The deadline is a timerfd: poll()'s own time-out stands still while
// the machine is suspended.
//
// Threads: one at a time; the stop may be requested by any.
class Waiter {
  public:
    enum class Outcome { Ready, TimedOut, Stopped };

    // Throws std::system_error where the process is out of descriptors.
    Waiter();
    ~Waiter();
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    // What bounds the waits from now on, until the next call.
    void begin(const Limits& limits);

    // Until one of poll()'s `events` happens on `descriptor`. A limit that is reached outweighs a
    // descriptor that is ready, so that a peer who drips bytes cannot stretch a deadline.
    Outcome wait(int descriptor, short events);

    // Whether a limit is reached already: Ready where none is.
    Outcome check();

  private:
    using StopCallback = std::stop_callback<std::function<void()>>;

    Outcome poll(int descriptor, short events, int timeout);

    int event_;
    int timer_;
    std::optional<StopCallback> onStop_;
};

}  // namespace elector::kubernetes
