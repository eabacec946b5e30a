#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "elector/election/event.h"

namespace elector::simulation {

// What an election is doing, as seen from outside.
enum class Phase { Following, Leading, Draining, Releasing };
inline constexpr std::size_t kPhases = 4;

// Events, told apart as far as an election does.
enum class EventClass {
    Started,
    ReadFound,
    ReadMissing,
    ReadFailed,
    WriteLanded,
    WriteRefused,
    WriteInDoubt,
    ListedFound,
    ListedMissing,
    Changed,
    Deleted,
    WatchFailed,
    TimePassed,
    AnsweredNo,
    StopRequested,
    StepDownRequested,
    HealthChanged,
    ProgramStopped,
    NoAnnounced,
};
inline constexpr std::size_t kEventClasses = 19;

EventClass classOf(const election::Event& event);
const char* toString(Phase phase);
const char* toString(EventClass event);

// How often each event met each phase.
class Coverage {
  public:
    void count(Phase phase, EventClass event) { ++at(phase, event); }
    void add(const Coverage& other);

    std::string table() const;
    // The pairs that can be and were not.
    std::vector<std::string> missing() const;

  private:
    std::uint64_t& at(Phase phase, EventClass event) {
        return counts_[static_cast<std::size_t>(phase)][static_cast<std::size_t>(event)];
    }

    std::array<std::array<std::uint64_t, kEventClasses>, kPhases> counts_{};
};

}  // namespace elector::simulation
