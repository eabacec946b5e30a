#pragma once

#include "elector/election/instant.h"

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
    Moment moment() const { return {now(), wall()}; }
};

// CLOCK_BOOTTIME and CLOCK_REALTIME of this machine.
class SystemClock final : public Clock {
  public:
    Instant now() const override;
    WallTime wall() const override;
};

}  // namespace elector::runtime
