#pragma once

#include <string>

#include "tests/simulation/schedule.h"
#include "tests/simulation/simulation.h"

namespace elector::simulation {

// A smaller schedule with a violation of the same kind, and how to name it.
struct Shrunk {
    Schedule schedule;
    std::string cuts;  // for cutAll(), by which the first schedule becomes this one
    Outcome outcome;   // with its history
};

// Takes places, faults, the network's mischief and time away from a schedule for as long as a
// violation of the same kind (the word before the colon) is left. What is taken away changes all
// that is drawn behind it: so each smaller schedule gets several runs to show the violation.
// REQUIRES: simulate(schedule) finds one.
Shrunk shrink(const Schedule& schedule);

}  // namespace elector::simulation
