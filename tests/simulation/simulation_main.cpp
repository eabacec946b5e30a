// Runs schedules for as long as wanted, or one of them aloud.
//
//   simulation --seed=N [--trace]           the schedule N
//   simulation [--from=N] [--count=N] [--keep-going]   the schedules from N on (1, 1000)

#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "tests/simulation/simulation.h"

namespace {

using elector::simulation::Outcome;
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
    bool trace = false;
    bool keepGoing = false;
    for (int i = 1; i < count; ++i) {
        const std::string_view argument = arguments[i];
        if (const auto only = numberAfter(argument, "--seed=")) {
            seed = only;
        } else if (const auto first = numberAfter(argument, "--from=")) {
            from = *first;
        } else if (const auto many = numberAfter(argument, "--count=")) {
            schedules = *many;
        } else if (argument == "--trace") {
            trace = true;
        } else if (argument == "--keep-going") {
            keepGoing = true;
        } else {
            fmt::print(stderr,
                       "'{}' is not known; allowed are --seed=N, --trace, --from=N, "
                       "--count=N and --keep-going\n",
                       argument);
            return 2;
        }
    }
    if (seed) {
        const Outcome outcome = simulate(*seed, trace);
        fmt::print("{}{}", elector::simulation::report(*seed, outcome), outcome.tally.text());
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
                fmt::print("{}", elector::simulation::report(each, simulate(each, true)));
                break;
            }
        }
    }
    fmt::print("{}", tally.text());
    return failures == 0 ? 0 : 1;
}
