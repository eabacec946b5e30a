#pragma once

#include <chrono>
#include <cstdint>

#include "elector/election/instant.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// What wall clocks that are right show at the start of a run.
inline constexpr election::WallTime kStartOfRun{
    std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};

// The clocks of one machine, as functions of true time (since the start of the run). The boot clock
// runs at a constant wrong rate; the wall clock runs with it and jumps besides.
class DriftingClock {
  public:
    // `rate` is in millionths of true time. A wall clock with a `wallStep` stands still in between.
    DriftingClock(Duration bootAtStart, std::int64_t rate, election::WallTime wallAtStart,
                  Duration wallStep = Duration(0))
        : bootAtStart_(bootAtStart), rate_(rate), wallAtStart_(wallAtStart), wallStep_(wallStep) {}

    election::Instant bootAt(Duration trueTime) const;
    election::Moment at(Duration trueTime) const;
    // The first instant of true time at which the boot clock shows `boot`; the end of time for one
    // that no run lives to see.
    Duration trueTimeOf(election::Instant boot) const;

    void jumpWall(Duration by);

  private:
    Duration bootAtStart_;
    std::int64_t rate_;
    election::WallTime wallAtStart_;
    Duration wallStep_;
};

}  // namespace elector::simulation
