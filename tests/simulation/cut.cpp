#include "tests/simulation/cut.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <sstream>
#include <system_error>
#include <utility>

namespace elector::simulation {
namespace {

constexpr std::int64_t kTrueRate = 1'000'000;

std::optional<std::uint64_t> numberAfter(std::string_view text, std::string_view name) {
    std::uint64_t number = 0;
    if (!text.starts_with(name)) {
        return std::nullopt;
    }
    const auto [end, error] =
        std::from_chars(text.data() + name.size(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size() ? std::optional(number)
                                                                    : std::nullopt;
}

// Sets to zero, and says whether there was something.
bool zero(int& value) {
    return std::exchange(value, 0) != 0;
}

bool cutDrift(Schedule& schedule) {
    schedule.slowestRate = 1;
    bool drifted = false;
    for (Place& place : schedule.places) {
        drifted = std::exchange(place.clockRate, kTrueRate) != kTrueRate || drifted;
    }
    return drifted;
}

bool cutDrains(Schedule& schedule) {
    bool drained = false;
    for (Place& place : schedule.places) {
        drained = std::exchange(place.drain, Duration(0)) != Duration(0) || drained;
    }
    return drained;
}

bool cutHealth(Schedule& schedule) {
    bool gated = false;
    for (Place& place : schedule.places) {
        gated = std::exchange(place.health, std::nullopt).has_value() || gated;
    }
    return gated;
}

bool cutConfirmations(Schedule& schedule) {
    bool confirmed = false;
    for (Place& place : schedule.places) {
        confirmed = std::exchange(place.confirms, false) || confirmed;
    }
    return confirmed;
}

bool cutFault(Schedule& schedule, std::string_view name) {
    return std::erase_if(schedule.faults, [&](Fault fault) { return name == toString(fault); }) !=
           0;
}

bool cutPlace(Schedule& schedule, std::string_view id) {
    return schedule.places.size() > 1 &&
           std::erase_if(schedule.places, [&](const Place& place) { return place.id == id; }) != 0;
}

}  // namespace

bool cut(Schedule& schedule, std::string_view what) {
    if (what == "later") {
        schedule = firstScheduleOf(schedule.seed);
        return true;
    }
    if (const auto strikes = numberAfter(what, "strikes=")) {
        schedule.strikes = *strikes;
        return true;
    }
    if (const auto trouble = numberAfter(what, "trouble=")) {
        schedule.trouble = std::chrono::milliseconds(*trouble);
        return true;
    }
    if (const auto run = numberAfter(what, "run=")) {
        schedule.run = *run;
        return true;
    }
    const std::pair<std::string_view, int*> numbers[] = {
        {"loss", &schedule.loss},         {"duplicates", &schedule.duplicates},
        {"lateness", &schedule.lateness}, {"staleness", &schedule.staleness},
        {"stalls", &schedule.stalls},     {"foreigners", &schedule.foreigners},
        {"lifers", &schedule.lifers}};
    for (const auto& [name, number] : numbers) {
        if (what == name) {
            return zero(*number);
        }
    }
    return what == "drift"           ? cutDrift(schedule)
           : what == "drains"        ? cutDrains(schedule)
           : what == "health"        ? cutHealth(schedule)
           : what == "confirmations" ? cutConfirmations(schedule)
                                     : cutFault(schedule, what) || cutPlace(schedule, what);
}

bool cutAll(Schedule& schedule, std::string_view list) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (!cut(schedule, list.substr(0, comma))) {
            return false;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return true;
}

std::optional<Schedule> scheduleOfLine(const std::string& line) {
    std::istringstream words(line);
    std::uint64_t seed = 0;
    if (!(words >> seed)) {
        return std::nullopt;
    }
    Schedule schedule = scheduleOf(seed);
    constexpr std::string_view kCut = "cut=";
    std::string word;
    if (words >> word && word.starts_with(kCut) &&
        !cutAll(schedule, std::string_view(word).substr(kCut.size()))) {
        return std::nullopt;
    }
    return schedule;
}

std::vector<std::string> cuttable(const Schedule& schedule) {
    std::vector<std::string> names;
    for (const Place& place : schedule.places) {
        names.push_back(place.id);
    }
    for (int fault = 0; fault < kFaults; ++fault) {
        names.emplace_back(toString(static_cast<Fault>(fault)));
    }
    for (const char* name : {"foreigners", "lifers", "stalls", "loss", "duplicates", "lateness",
                             "staleness", "drift", "drains", "health", "confirmations"}) {
        names.emplace_back(name);
    }
    std::erase_if(names, [&](const std::string& name) {
        Schedule copy = schedule;
        return !cut(copy, name);
    });
    return names;
}

}  // namespace elector::simulation
