#pragma once

#include <string>

#include "tests/simulation/schedule.h"
#include "tests/simulation/simulation.h"

namespace elector::simulation {

// What happened in a run, and the last lines of its history.
std::string report(const Outcome& outcome);

// What to print of a schedule that violates: a smaller one that does so too, with its history, and
// how to see both again. REQUIRES: simulate(schedule) finds a violation.
std::string shrunkReport(const Schedule& schedule);

}  // namespace elector::simulation
