#pragma once

#include <string>
#include <string_view>

#include "elector/config/settings.h"
#include "elector/election/timing.h"

namespace elector::config {

// The flag of one of the three durations, and what it is in `timing`.
struct TimingFlag {
    std::string_view name;
    election::Duration value;
};
TimingFlag flagOf(election::TimingField field, const election::Timing& timing);

// A sentence about a fault of `timing` that names the value where it was given.
std::string sentenceOf(const election::TimingFault& fault, const election::Timing& timing,
                       const Settings& settings);

}  // namespace elector::config
