#include "tests/simulation/simulation.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "tests/simulation/cut.h"
#include "tests/simulation/report.h"
#include "tests/simulation/shrink.h"

namespace elector::simulation {
namespace {

std::uint64_t fromEnvironment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::string outputOf(const std::string& command) {
    FILE* const pipe = popen(command.c_str(), "r");
    if (pipe == nullptr) {
        return {};
    }
    std::string output;
    std::array<char, 4096> part{};
    while (const std::size_t count = std::fread(part.data(), 1, part.size(), pipe)) {
        output.append(part.data(), count);
    }
    pclose(pipe);
    return output;
}

// True if it was clean; else the history is told.
bool isClean(const Schedule& schedule, Tally& tally) {
    const Outcome outcome = simulate(schedule, false);
    tally.add(outcome.tally);
    if (!outcome.violation) {
        return true;
    }
    ADD_FAILURE() << shrunkReport(schedule);
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

// Also in another process, with other addresses.
TEST(SimulationTest, OneSeedIsTheSameRunInEveryProcessByteForByte) {
    const std::string command = std::string(SIMULATION_PROGRAM) + " --trace --seed=";
    for (const char* seed : {"1", "2", "3", "20", "30"}) {
        const std::string first = outputOf(command + seed);
        EXPECT_EQ(first, outputOf(command + seed));
        EXPECT_THAT(first, ::testing::HasSubstr("digest of the run: "));
    }
}

TEST(SimulationTest, SeedsThatFailedOnceAreClean) {
    std::ifstream file(SIMULATION_SEEDS);
    ASSERT_TRUE(file) << SIMULATION_SEEDS << " cannot be read";
    Tally tally;
    std::string line;
    while (std::getline(file, line)) {
        if (const std::optional<Schedule> schedule = scheduleOfLine(line)) {
            EXPECT_TRUE(isClean(*schedule, tally)) << line;
        } else {
            EXPECT_TRUE(line.starts_with("#")) << "no schedule: " << line;
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
    const std::clock_t begin = std::clock();
    for (std::uint64_t seed = from; seed < from + schedules && isClean(scheduleOf(seed), tally);
         ++seed) {
    }
    const double spent = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
    const double perTenMinutes = static_cast<double>(tally.takeOvers()) / spent * 600;
    fmt::print("{}{:.0f} take-overs in ten minutes of one processor\n", tally.text(),
               perTenMinutes);
    if (schedules >= kSchedules) {
        EXPECT_EQ(tally.coverage.missing(), std::vector<std::string>());
        EXPECT_GT(tally.byExpiry * 2, tally.takeOvers());
        // Usually a tenth: a release is the easy case.
        EXPECT_LT(tally.byRelease * 8, tally.takeOvers());
        EXPECT_GT(tally.foreignTerms, 0U);
        EXPECT_GT(tally.termsForLife, 0U);
        EXPECT_GT(tally.degradedTerms, 0U);
        EXPECT_GT(tally.asks, 0U);
        EXPECT_GT(tally.toPreferred, 0U);
        EXPECT_GT(tally.pastPreferred, 0U);
        EXPECT_GT(tally.disorderExceptions, 0U);
        // A million take-overs in ten minutes of one processor.
        EXPECT_GT(perTenMinutes, 1e6);
        EXPECT_GT(tally.freshExceptions, 0U);
        EXPECT_GT(tally.raisedExceptions, 0U);
    }
}

// Clocks further apart than (L - D) / L: the guarantee ends there.
Schedule beyondTheBound(std::uint64_t seed) {
    constexpr std::int64_t kTooSlow = 500'000;
    Schedule schedule = scheduleOf(seed);
    for (std::size_t i = 0; i < schedule.places.size(); ++i) {
        Place& place = schedule.places[i];
        place.timing.renewDeadline = place.timing.leaseDuration * 9 / 10;
        place.clockRate = i == 0 ? kTooSlow : 1'000'000;
    }
    schedule.slowestRate = 0.5;
    return schedule;
}

TEST(SimulationTest, ClocksBeyondTheBoundMakeTwoLeadersAndTheJudgeSeesThem) {
    int caught = 0;
    for (std::uint64_t seed = 1; seed <= 300; ++seed) {
        const Outcome outcome = simulate(beyondTheBound(seed), false);
        caught += outcome.violation && outcome.violation->starts_with("S1") ? 1 : 0;
    }
    EXPECT_GT(caught, 10);
}

TEST(SimulationTest, AViolationIsShrunkToAScheduleThatAReaderCanFollow) {
    Schedule schedule;
    Outcome outcome;
    for (std::uint64_t seed = 1; !outcome.violation || schedule.places.size() < 3; ++seed) {
        schedule = beyondTheBound(seed);
        outcome = simulate(schedule, false);
    }
    const Shrunk shrunk = shrink(schedule);
    ASSERT_TRUE(shrunk.outcome.violation);
    EXPECT_THAT(*shrunk.outcome.violation,
                ::testing::AnyOf(::testing::StartsWith("S1"), ::testing::StartsWith("S3")));
    EXPECT_EQ(shrunk.schedule.places.size(), 2U);
    EXPECT_LT(shrunk.outcome.tally.events * 4, outcome.tally.events);
    EXPECT_LT(shrunk.outcome.history.size(), 120U);
    // What is printed names it.
    Schedule again = schedule;
    ASSERT_TRUE(cutAll(again, shrunk.cuts)) << shrunk.cuts;
    EXPECT_EQ(simulate(again, false).digest, shrunk.outcome.digest);
    EXPECT_THAT(shrunkReport(schedule), ::testing::HasSubstr("--cut=" + shrunk.cuts));
}

TEST(CutTest, NamesWhatThereIsToCut) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
        const Schedule whole = scheduleOf(seed);
        for (const std::string& name : cuttable(whole)) {
            Schedule smaller = whole;
            EXPECT_TRUE(cut(smaller, name)) << name;
            EXPECT_FALSE(cut(smaller, name)) << name;
        }
    }
    Schedule schedule = scheduleOf(1);
    EXPECT_FALSE(cutAll(schedule, "later,no-such-thing"));
}

TEST(CutTest, ALineOfSeedsNamesASchedule) {
    EXPECT_EQ(scheduleOfLine("14 it was so")->seed, 14U);
    EXPECT_EQ(scheduleOfLine("14 cut=later,strikes=3 it was so")->strikes, 3U);
    EXPECT_FALSE(scheduleOfLine("# a remark"));
    EXPECT_FALSE(scheduleOfLine("14 cut=nonsense it was so"));
}

}  // namespace
}  // namespace elector::simulation
