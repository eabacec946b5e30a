// Runs schedules for as long as wanted, or one of them aloud.
//
//   simulation --seed=N [--cut=LIST] [--trace] [--shrink]
//                                           the schedule N, or what cut.h leaves of it
//   simulation [--from=N] [--count=N] [--brief | --keep-going]
//                                           the schedules from N on (1, 1000), up to the first that
//                                           violates, which is shrunk unless --brief is given

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/cut.h"
#include "tests/simulation/report.h"
#include "tests/simulation/simulation.h"

namespace {

using elector::simulation::Outcome;
using elector::simulation::scheduleOf;
using elector::simulation::shrunkReport;
using elector::simulation::simulate;
using elector::simulation::Tally;

std::optional<std::uint64_t> numberAfter(std::string_view argument, std::string_view flag) {
    if (!argument.starts_with(flag)) {
        return std::nullopt;
    }
    return std::strtoull(std::string(argument.substr(flag.size())).c_str(), nullptr, 10);
}

}  // namespace

int main(int count, char** arguments) {
    std::optional<std::uint64_t> seed;
    std::uint64_t from = 1;
    std::uint64_t schedules = 1000;
    constexpr std::string_view kCut = "--cut=";
    std::string_view cuts;
    bool trace = false;
    bool keepGoing = false;
    bool shrink = false;
    bool brief = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (const auto only = numberAfter(argument, "--seed=")) {
            seed = only;
        } else if (const auto first = numberAfter(argument, "--from=")) {
            from = *first;
        } else if (const auto many = numberAfter(argument, "--count=")) {
            schedules = *many;
        } else if (argument.starts_with(kCut)) {
            cuts = argument.substr(kCut.size());
        } else if (argument == "--trace") {
            trace = true;
        } else if (argument == "--brief") {
            brief = true;
        } else if (argument == "--shrink") {
            shrink = true;
        } else if (argument == "--keep-going") {
            keepGoing = true;
        } else {
            fmt::print(stderr,
                       "'{}' is not known; allowed are --seed=N, --trace, --from=N, "
                       "--cut=LIST, --shrink, --count=N, --brief and --keep-going\n",
                       argument);
            return 2;
        }
    }
    if (seed) {
        elector::simulation::Schedule schedule = scheduleOf(*seed);
        if (!elector::simulation::cutAll(schedule, cuts)) {
            fmt::print(stderr, "'{}': the schedule {} has no such thing to cut\n", cuts, *seed);
            return 2;
        }
        const Outcome outcome = simulate(schedule, trace);
        fmt::print("{}{}", elector::simulation::report(outcome), outcome.tally.text());
        if (outcome.violation && shrink) {
            fmt::print("{}", shrunkReport(schedule));
        }
        fmt::print("digest of the run: {:016x}\n", outcome.digest);
        return outcome.violation ? 1 : 0;
    }
    Tally tally;
    int failures = 0;
    for (std::uint64_t each = from; each < from + schedules; ++each) {
        const Outcome outcome = simulate(each, false);
        tally.add(outcome.tally);
        if (outcome.violation) {
            ++failures;
            fmt::print("seed {}: {}\n", each, *outcome.violation);
            std::fflush(stdout);
            if (!keepGoing) {
                if (!brief) {
                    fmt::print("{}", shrunkReport(scheduleOf(each)));
                }
                break;
            }
        }
    }
    fmt::print("{}", tally.text());
    return failures == 0 ? 0 : 1;
}
