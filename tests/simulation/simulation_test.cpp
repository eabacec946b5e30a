#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace elector::simulation {
namespace {

std::uint64_t fromEnvironment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// True if it was clean; else the history is told.
bool isClean(std::uint64_t seed, Tally& tally) {
    const Outcome outcome = simulate(seed, false);
    tally.add(outcome.tally);
    if (!outcome.violation) {
        return true;
    }
    ADD_FAILURE() << report(seed, simulate(seed, true));
    return false;
}

TEST(SimulationTest, OneSeedMakesOneRun) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Outcome first = simulate(seed, true);
        const Outcome second = simulate(seed, true);
        EXPECT_EQ(first.digest, second.digest);
        EXPECT_EQ(first.history, second.history);
        EXPECT_EQ(first.digest, simulate(seed, false).digest);
        EXPECT_NE(first.digest, simulate(seed + 1, false).digest);
    }
}

TEST(SimulationTest, SeedsThatFailedOnceAreClean) {
    std::ifstream file(SIMULATION_SEEDS);
    ASSERT_TRUE(file) << SIMULATION_SEEDS << " cannot be read";
    Tally tally;
    std::string line;
    while (std::getline(file, line)) {
        std::istringstream words(line);
        std::uint64_t seed = 0;
        if (words >> seed) {
            EXPECT_TRUE(isClean(seed, tally)) << line;
        }
    }
    EXPECT_GT(tally.schedules, 0U);
}

// The number of schedules is SIMULATION_SCHEDULES, the first seed SIMULATION_FROM, where they are
// given.
TEST(SimulationTest, FreshSeedsAreClean) {
    constexpr std::uint64_t kSchedules = 25'000;
    const std::uint64_t schedules = fromEnvironment("SIMULATION_SCHEDULES", kSchedules);
    const std::uint64_t from = fromEnvironment("SIMULATION_FROM", std::random_device()());
    fmt::print("seeds {} to {}\n", from, from + schedules - 1);
    Tally tally;
    for (std::uint64_t seed = from; seed < from + schedules && isClean(seed, tally); ++seed) {
    }
    fmt::print("{}", tally.text());
    if (schedules >= kSchedules) {
        EXPECT_EQ(tally.coverage.missing(), std::vector<std::string>());
        EXPECT_GT(tally.byExpiry * 2, tally.takeOvers());
        EXPECT_LT(tally.byRelease, tally.takeOvers() / 5);
        EXPECT_GT(tally.freshExceptions, 0U);
        EXPECT_GT(tally.raisedExceptions, 0U);
    }
}

// Clocks further apart than (L - D) / L: the guarantee ends there, and the judge must see it.
TEST(SimulationTest, ClocksBeyondTheBoundMakeTwoLeadersAndTheJudgeSeesThem) {
    constexpr std::int64_t kTooSlow = 500'000;
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        Schedule schedule = scheduleOf(seed);
        for (std::size_t i = 0; i < schedule.places.size(); ++i) {
            Place& place = schedule.places[i];
            place.timing.renewDeadline = place.timing.leaseDuration * 9 / 10;
            place.clockRate = i == 0 ? kTooSlow : 1'000'000;
        }
        schedule.slowestRate = 0.5;
        const Outcome outcome = simulate(schedule, false);
        caught += outcome.violation && outcome.violation->starts_with("S1") ? 1 : 0;
    }
    EXPECT_GT(caught, 10);
}

}  // namespace
}  // namespace elector::simulation
