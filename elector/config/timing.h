#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elector/config/options.h"
#include "elector/election/timing.h"

// The durations of an election as options: chosen and judged here for the elector, for a Pod's
// annotations, and for what the injector gives to all Pods.
namespace elector::config {

// A fault of a Timing, with the option that it is about.
struct TimingFinding {
    std::string_view option;  // "lease-duration"
    std::string value;        // as it was given, or what the elector chose
    std::string reason;       // follows name and value in a sentence (election::TimingFault)
};

struct TimingJudgement {
    election::Timing timing;
    std::vector<TimingFinding> refusals;
    std::vector<TimingFinding> warnings;  // only without refusals
};

// `given`: the durations that somebody gave, well-formed; for those that are "" the elector's
// choice holds.
TimingJudgement judgeTiming(const OptionValues& given);

}  // namespace elector::config
