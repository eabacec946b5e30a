#pragma once

#include <optional>

#include "elector/election/instant.h"
#include "elector/runtime/descriptor.h"

namespace elector::runtime {

using election::Duration;
using election::Instant;
using election::Moment;
using election::WallTime;

// Reads the two clocks. The only place of the project that does, so that tests can turn them.
// Implementations may be called by any thread.
class Clock {
  public:
    virtual ~Clock() = default;
    virtual Instant now() const = 0;
    virtual WallTime wall() const = 0;
    // How long the machine was suspended since it started: by how much now() is ahead of
    // CLOCK_MONOTONIC, rounded up.
    virtual Duration suspended() const { return {}; }
    Moment moment() const { return {now(), wall()}; }
};

// CLOCK_BOOTTIME and CLOCK_REALTIME of this machine.
class SystemClock final : public Clock {
  public:
    Instant now() const override;
    WallTime wall() const override;
    Duration suspended() const override;
};

// Lets one thread wait for an instant of CLOCK_BOOTTIME and others wake it. Waits on a timerfd and
// an eventfd, because std::condition_variable knows no clock that goes on in suspend.
//
// Threads: wake() may be called by any thread, and from a stop callback; waitUntil() by one thread
// at a time. A wake() that comes before the wait ends the next wait at once.
class Wake {
  public:
    // Throws std::system_error where the process is out of descriptors.
    Wake();

    void wake();

    // Returns at `when` (never before it, unless woken); without one, only when woken.
    void waitUntil(std::optional<election::Instant> when);

    // The same with a descriptor beside: setAlarm() says until when, wait() returns once one of
    // poll()'s `events` happens on `descriptor` (-1: none), and at once unless it `mayBlock`. What
    // stands first among the outcomes outweighs the others. A pending wake stays until clear().
    enum class Outcome { Woken, TimedOut, Ready };
    void setAlarm(std::optional<election::Instant> when);
    Outcome wait(int descriptor, short events, bool mayBlock);

    // Readable while a wake is pending. For a poll() among other descriptors; clear() forgets it.
    int descriptor() const { return event_.get(); }
    void clear();

  private:
    Descriptor event_;
    Descriptor timer_;
};

}  // namespace elector::runtime
