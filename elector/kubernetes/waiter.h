#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "elector/kubernetes/limits.h"
#include "elector/runtime/wake.h"

namespace elector::kubernetes {

// Waits for a descriptor, but no longer than until a deadline on CLOCK_BOOTTIME, and no longer than
// until a stop is requested.
//
// Threads: one at a time; the stop may be requested by any.
class Waiter {
  public:
    using Outcome = runtime::Wake::Outcome;  // Woken: a stop was requested

    // What bounds the waits from now on, until the next call.
    void begin(const Limits& limits);

    // Until one of poll()'s `events` happens on `descriptor`. A limit that is reached outweighs a
    // descriptor that is ready, so that a peer who drips bytes cannot stretch a deadline.
    Outcome wait(int descriptor, short events) { return wake_.wait(descriptor, events, true); }

    // Whether a limit is reached already: Ready where none is.
    Outcome check() { return wake_.wait(-1, 0, false); }

  private:
    runtime::Wake wake_;
    std::optional<std::stop_callback<std::function<void()>>> onStop_;
};

}  // namespace elector::kubernetes
