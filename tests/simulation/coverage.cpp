#include "tests/simulation/coverage.h"

#include <fmt/format.h>

#include <variant>

namespace elector::simulation {
namespace {

constexpr std::array<const char*, kPhases> kPhaseNames{"following", "leading", "draining",
                                                       "releasing"};
constexpr std::array<const char*, kEventClasses> kEventNames{
    "started",         "read found",     "read missing",    "read failed",    "write landed",
    "write refused",   "write in doubt", "listed found",    "listed missing", "changed",
    "deleted",         "watch failed",   "time passed",     "answered no",    "stop requested",
    "step-down asked", "health changed", "program stopped", "no announced"};

// What the driver never does: an election starts once and as a follower; "no" is announced once,
// while draining; only a term can be found to have run out.
bool isPossible(Phase phase, EventClass event) {
    if (event == EventClass::Started) {
        return phase == Phase::Following;
    }
    if (event == EventClass::NoAnnounced) {
        return phase == Phase::Draining;
    }
    return event != EventClass::AnsweredNo || phase == Phase::Leading;
}

struct Classify {
    EventClass operator()(const election::Started&) const { return EventClass::Started; }
    EventClass operator()(const election::ReadAnswered& event) const {
        const auto* lease = std::get_if<std::optional<election::Lease>>(&event.answer);
        if (lease == nullptr) {
            return EventClass::ReadFailed;
        }
        return *lease ? EventClass::ReadFound : EventClass::ReadMissing;
    }
    EventClass operator()(const election::WriteAnswered& event) const {
        const auto* error = std::get_if<election::ApiError>(&event.answer);
        if (error == nullptr) {
            return EventClass::WriteLanded;
        }
        return certainlyNotApplied(error->kind) ? EventClass::WriteRefused
                                                : EventClass::WriteInDoubt;
    }
    EventClass operator()(const election::Listed& event) const {
        return event.lease ? EventClass::ListedFound : EventClass::ListedMissing;
    }
    EventClass operator()(const election::Changed&) const { return EventClass::Changed; }
    EventClass operator()(const election::Deleted&) const { return EventClass::Deleted; }
    EventClass operator()(const election::WatchFailed&) const { return EventClass::WatchFailed; }
    EventClass operator()(const election::TimePassed&) const { return EventClass::TimePassed; }
    EventClass operator()(const election::AnsweredNo&) const { return EventClass::AnsweredNo; }
    EventClass operator()(const election::StopRequested&) const {
        return EventClass::StopRequested;
    }
    EventClass operator()(const election::StepDownRequested&) const {
        return EventClass::StepDownRequested;
    }
    EventClass operator()(const election::HealthChanged&) const {
        return EventClass::HealthChanged;
    }
    EventClass operator()(const election::ProgramStopped&) const {
        return EventClass::ProgramStopped;
    }
    EventClass operator()(const election::NoAnnounced&) const { return EventClass::NoAnnounced; }
};

}  // namespace

EventClass classOf(const election::Event& event) {
    return std::visit(Classify{}, event);
}

const char* toString(Phase phase) {
    return kPhaseNames[static_cast<std::size_t>(phase)];
}

const char* toString(EventClass event) {
    return kEventNames[static_cast<std::size_t>(event)];
}

void Coverage::add(const Coverage& other) {
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
        for (std::size_t event = 0; event < kEventClasses; ++event) {
            counts_[phase][event] += other.counts_[phase][event];
        }
    }
}

std::string Coverage::table() const {
    std::string text = fmt::format("{:16}", "");
    for (const char* phase : kPhaseNames) {
        text += fmt::format("{:>12}", phase);
    }
    for (std::size_t event = 0; event < kEventClasses; ++event) {
        text += fmt::format("\n{:16}", kEventNames[event]);
        for (std::size_t phase = 0; phase < kPhases; ++phase) {
            const std::uint64_t count = counts_[phase][event];
            const bool possible =
                isPossible(static_cast<Phase>(phase), static_cast<EventClass>(event));
            text += fmt::format("{:>12}",
                                count == 0 && !possible ? std::string("-") : std::to_string(count));
        }
    }
    return text + "\n";
}

std::vector<std::string> Coverage::missing() const {
    std::vector<std::string> pairs;
    for (std::size_t phase = 0; phase < kPhases; ++phase) {
        for (std::size_t event = 0; event < kEventClasses; ++event) {
            if (counts_[phase][event] == 0 &&
                isPossible(static_cast<Phase>(phase), static_cast<EventClass>(event))) {
                pairs.push_back(fmt::format("{} while {}", kEventNames[event], kPhaseNames[phase]));
            }
        }
    }
    return pairs;
}

}  // namespace elector::simulation
