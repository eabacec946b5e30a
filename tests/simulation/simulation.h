#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "tests/simulation/schedule.h"
#include "tests/simulation/tally.h"

namespace elector::simulation {

struct Outcome {
    std::optional<std::string> violation;
    std::uint64_t digest = 0;         // equal for two runs that were the same
    std::deque<std::string> history;  // the last lines, if they were asked for
    std::uint64_t strikes = 0;        // of the nemesis
    Tally tally;
};

// Runs a schedule: trouble, then peace, then crashes and releases in peace. Stops at the first
// violation.
Outcome simulate(const Schedule& schedule, bool keepHistory);
Outcome simulate(std::uint64_t seed, bool keepHistory);

}  // namespace elector::simulation
