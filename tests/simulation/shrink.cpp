#include "tests/simulation/shrink.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "tests/simulation/cut.h"

namespace elector::simulation {
namespace {

// The violation without its particulars: "S2", "rule 3". Two at once show as either S1 or S3.
std::string kindOf(const Outcome& outcome) {
    const std::string kind =
        outcome.violation ? outcome.violation->substr(0, outcome.violation->find(':')) : "";
    return kind == "S3" ? "S1" : kind;
}

class Shrinker {
  public:
    explicit Shrinker(const Schedule& schedule) : best_(schedule) {
        const Outcome outcome = simulate(schedule, false);
        kind_ = kindOf(outcome);
        keep(schedule, outcome);
    }

    Shrunk shrink() {
        shortenRun();
        // Twice, for what can go only after something else has gone.
        constexpr int kRounds = 2;
        for (int round = 0; round < kRounds; ++round) {
            for (const std::string& name : cuttable(best_)) {
                tryWithout(name);
            }
        }
        shortenRun();
        shortenStrikes();
        shortenTrouble();
        std::string all = cuts_;
        append(all, fmt::format("strikes={}", best_.strikes));
        append(all, fmt::format("trouble={}", best_.trouble / std::chrono::milliseconds(1)));
        append(all, fmt::format("run={}", best_.run));
        return {best_, all, simulate(best_, true)};
    }

  private:
    static constexpr std::uint64_t kRuns = 150;  // that each smaller schedule gets

    static void append(std::string& list, const std::string& cut) {
        list += (list.empty() ? "" : ",") + cut;
    }

    void tryWithout(const std::string& name) {
        Schedule smaller = best_;
        if (cut(smaller, name) && violates(smaller)) {
            append(cuts_, name);
        }
    }

    void shortenStrikes() {
        best_.strikes = std::min(best_.strikes, strikes_);
        while (best_.strikes > 0) {
            Schedule smaller = best_;
            --smaller.strikes;
            if (!violates(smaller)) {
                break;
            }
        }
    }

    void shortenTrouble() {
        for (;;) {
            Schedule smaller = best_;
            smaller.trouble =
                std::chrono::milliseconds(best_.trouble / std::chrono::milliseconds(2));
            if (best_.trouble < std::chrono::milliseconds(2) || !violates(smaller)) {
                best_.trouble = std::chrono::ceil<std::chrono::milliseconds>(best_.trouble);
                break;
            }
        }
    }

    // The run that is over soonest.
    void shortenRun() {
        constexpr std::uint64_t kManyRuns = 600;
        for (std::uint64_t run = 1; run <= kManyRuns; ++run) {
            Schedule other = best_;
            other.run = run;
            keepIfShorter(other);
        }
    }

    void keepIfShorter(const Schedule& schedule) {
        const Outcome outcome = simulate(schedule, false);
        if (kindOf(outcome) == kind_ && outcome.tally.events < events_) {
            keep(schedule, outcome);
        }
    }

    void keep(const Schedule& schedule, const Outcome& outcome) {
        best_ = schedule;
        events_ = outcome.tally.events;
        strikes_ = outcome.strikes;
    }

    // True, with the schedule kept, if one of its runs shows the violation, and no later.
    bool violates(Schedule schedule) {
        const std::uint64_t first = schedule.run;
        for (std::uint64_t run = 0; run <= kRuns; ++run) {
            schedule.run = run == 0 ? first : run;
            const Outcome outcome = simulate(schedule, false);
            if (kindOf(outcome) == kind_ && outcome.tally.events <= events_) {
                keep(schedule, outcome);
                return true;
            }
        }
        return false;
    }

    Schedule best_;
    std::string cuts_;
    std::string kind_;
    std::uint64_t strikes_ = 0;
    std::uint64_t events_ = 0;
};

}  // namespace

Shrunk shrink(const Schedule& schedule) {
    return Shrinker(schedule).shrink();
}

}  // namespace elector::simulation
