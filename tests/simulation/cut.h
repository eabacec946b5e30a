#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/simulation/schedule.h"

namespace elector::simulation {

// Takes something away from a schedule, or sets it. The words are those of the simulation's command
// line, of the file of seeds, and of the shrinker:
//
//   later       what firstScheduleOf() does not have
//   NAME        all faults of that name, such as delete or wall-jump; a place such as web-1; loss,
//               duplicates, lateness, staleness, stalls, drift, drains, health,
//               confirmations, foreigners, lifers
//   strikes=N   all faults but the first N
//   trouble=N   all but the first N milliseconds of faults
//   run=N       draws another run
//
// False if there is nothing of that name to cut.
bool cut(Schedule& schedule, std::string_view what);

// All of a list that is separated by commas.
bool cutAll(Schedule& schedule, std::string_view list);

// The schedule that a line of the file of seeds names: a seed, perhaps "cut=" with a list, then
// what it was. Nothing for a line that begins with something else.
std::optional<Schedule> scheduleOfLine(const std::string& line);

// The names that can be cut.
std::vector<std::string> cuttable(const Schedule& schedule);

}  // namespace elector::simulation
