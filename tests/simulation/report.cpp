#include "tests/simulation/report.h"

#include <fmt/format.h>

#include <cstddef>

#include "tests/simulation/shrink.h"

namespace elector::simulation {

std::string report(const Outcome& outcome) {
    constexpr std::size_t kMostLines = 150;
    std::string text = fmt::format("{}\n", outcome.violation.value_or("no violation"));
    const std::size_t skipped =
        outcome.history.size() > kMostLines ? outcome.history.size() - kMostLines : 0;
    for (std::size_t i = skipped; i < outcome.history.size(); ++i) {
        text += outcome.history[i] + "\n";
    }
    return text;
}

std::string shrunkReport(const Schedule& schedule) {
    const Outcome outcome = simulate(schedule, false);
    const Shrunk shrunk = shrink(schedule);
    return fmt::format(
        "seed {}: {}\n"
        "To see it again: simulation --seed={} --trace\n"
        "Shrunk from {} processes and {} events to {} and {}:\n{}"
        "To see this again: simulation --seed={} --cut={} --trace\n",
        schedule.seed, outcome.violation.value_or("no violation"), schedule.seed,
        schedule.places.size(), outcome.tally.events, shrunk.schedule.places.size(),
        shrunk.outcome.tally.events, report(shrunk.outcome), schedule.seed, shrunk.cuts);
}

}  // namespace elector::simulation
