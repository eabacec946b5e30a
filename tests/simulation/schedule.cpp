#include "tests/simulation/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace elector::simulation {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kMillion = 1'000'000;

election::Timing drawTiming(Random& random) {
    election::Timing timing;
    timing.leaseDuration = seconds(random.pick(std::vector<std::int64_t>{1, 1, 2, 3, 4, 5, 7, 10}));
    const std::int64_t part =
        random.pick(std::vector<std::int64_t>{300, 500, 500, 667, 667, 800, 900, 900});
    timing.renewDeadline = timing.leaseDuration * part / 1000;
    timing.retryPeriod = timing.renewDeadline * random.between(150, 500) / 1000;
    return timing;
}

// Clocks may differ in rate by (L - D) / L: the slow ones run at above D / L.
double boundOf(const Schedule& schedule) {
    double bound = 0;
    for (const Place& place : schedule.places) {
        bound = std::max(bound, static_cast<double>(place.timing.renewDeadline.count()) /
                                    static_cast<double>(place.timing.leaseDuration.count()));
    }
    return bound;
}

// Most stand at one of the ends.
void drawRates(Schedule& schedule, Random& random) {
    const double bound = boundOf(schedule);
    const bool drifting = random.chance(750);
    const double slowest = drifting ? bound + (1 - bound) * 0.02 : 1.0;
    const auto least = static_cast<std::int64_t>(slowest * static_cast<double>(kMillion));
    for (Place& place : schedule.places) {
        const std::int64_t kind = random.between(0, 4);
        place.clockRate = kind < 2 ? kMillion : kind < 4 ? least : random.between(least, kMillion);
    }
    schedule.slowestRate = slowest;
}

void drawPlaces(Schedule& schedule, Random& random) {
    const std::int64_t count = random.between(2, 5);
    const election::Timing common = drawTiming(random);
    const bool mixedTimings = random.chance(250);
    const std::int64_t missing = random.between(0, 9);  // 0: mixed, below 5: wait, else create
    const bool watchless = random.chance(150);
    for (std::int64_t i = 0; i < count; ++i) {
        Place place;
        place.id = "web-" + std::to_string(i);
        place.hasPodUid = !random.chance(100);
        place.timing = mixedTimings ? drawTiming(random) : common;
        const bool waits = missing == 0 ? random.chance(500) : missing < 5;
        place.onMissing = waits ? election::OnMissing::Wait : election::OnMissing::Create;
        place.onShutdown =
            random.chance(250) ? election::OnShutdown::Expire : election::OnShutdown::Release;
        place.drain = random.chance(400)
                          ? random.between(Duration(0), place.timing.leaseDuration * 3 / 2)
                          : Duration(0);
        place.mayWatch = !(watchless && random.chance(500));
        place.bootAtStart = random.between(seconds(1), Duration(hours(1)));
        place.wallError = random.between(Duration(-hours(1)), Duration(hours(1)));
        place.wallStep = random.chance(150) ? place.timing.renewDeadline / 4 : Duration(0);
        schedule.places.push_back(place);
        schedule.longestLease = std::max(schedule.longestLease, place.timing.leaseDuration);
        schedule.shortestDeadline =
            i == 0 ? place.timing.renewDeadline
                   : std::min(schedule.shortestDeadline, place.timing.renewDeadline);
    }
}

// Clocks that differ by all but a thousandth of what the election bears.
void drawBrink(Schedule& schedule) {
    constexpr double kSlack = 0.001;
    const double bound = boundOf(schedule);
    const double slowest = bound + (1 - bound) * kSlack;
    const auto least = static_cast<std::int64_t>(slowest * static_cast<double>(kMillion)) + 1;
    for (Place& place : schedule.places) {
        if (place.clockRate < kMillion) {
            place.clockRate = least;
            schedule.slowestRate = slowest;
        }
    }
}

// Programs that keep an answer. What is left of the lease is for the clocks, and these are true. No
// elector comes back beside the same program with another lease duration (rule 14).
void drawTolerances(Schedule& schedule, Random& random) {
    std::erase(schedule.faults, Fault::Retiming);
    schedule.slowestRate = 1;
    for (Place& place : schedule.places) {
        place.clockRate = kMillion;
        const election::Timing& timing = place.timing;
        const Duration most = timing.leaseDuration * 9 / 10 - timing.renewDeadline;
        place.timing.pollTolerance = most - most * random.between(0, 900) / 1000;
    }
}

// Programs that fail and heal. Whoever is unhealthy stands back for longer than others ask for.
void drawHealth(Schedule& schedule, Random& random) {
    schedule.faults.insert(schedule.faults.end(), static_cast<std::size_t>(random.between(1, 3)),
                           Fault::Sickness);
    const Duration longest = schedule.longestLease;
    const bool all = random.chance(600);
    const Duration after = random.between(longest / 4, longest * 4);
    for (Place& place : schedule.places) {
        if (all || random.chance(600)) {
            place.health = election::HealthGate{
                .pause = random.between(longest * 7 / 10, longest),
                .degradedAfter = all || random.chance(500) ? after : Duration(0)};
        }
    }
}

void drawLater(Schedule& schedule) {
    Random random(schedule.seed * 0x9E3779B97F4A7C15U + 0x632BE59BD9B4E019U);
    const auto add = [&](Fault fault, int permille) {
        if (random.chance(permille)) {
            schedule.faults.insert(schedule.faults.end(),
                                   static_cast<std::size_t>(random.between(1, 3)), fault);
        }
    };
    // Few have those that void an assumption: two leaders may be nobody's fault then.
    add(Fault::Restore, 80);
    add(Fault::Forgery, 100);
    add(Fault::TokenExpired, 250);
    add(Fault::Farewell, 250);
    schedule.foreigners = random.chance(200) ? static_cast<int>(random.between(1, 2)) : 0;
    if (random.chance(300)) {
        drawBrink(schedule);
    }
    add(Fault::LateAnswer, 200);
    add(Fault::Relay, 150);
    add(Fault::Retiming, 150);
    add(Fault::WallStop, 250);
    add(Fault::StepDown, 40);  // few, since each makes a release, the easy case
    if (schedule.foreigners == 0 && random.chance(150)) {
        schedule.lifers = static_cast<int>(random.between(1, 2));
        // Only where there is no Lease can one be made for life.
        schedule.faults.insert(schedule.faults.end(), 2, Fault::Delete);
    }
    if (schedule.foreigners == 0 && schedule.lifers == 0 && random.chance(150)) {
        drawTolerances(schedule, random);
    }
    if (random.chance(80)) {
        drawHealth(schedule, random);
    }
    add(Fault::HandOver, 30);  // few, likewise
    if (random.chance(250)) {
        for (Place& place : schedule.places) {
            place.confirms = random.chance(700);
        }
    }
}

constexpr std::array<const char*, kFaults> kNames{
    "cut-off",   "outage",        "pause",        "kill",          "stop",           "twin",
    "wall-jump", "delete",        "coup",         "edit-metadata", "edit-spec",      "storm",
    "refusal",   "slowness",      "watch-closed", "watch-silent",  "watch-replayed", "restore",
    "forgery",   "token-expired", "farewell",     "late-answer",   "relay",          "retiming",
    "wall-stop", "step-down",     "sickness",     "hand-over"};

}  // namespace

const char* toString(Fault fault) {
    return kNames[static_cast<std::size_t>(fault)];
}

Schedule firstScheduleOf(std::uint64_t seed) {
    Random random(seed * 0x2545F4914F6CDD1DU + 1);
    Schedule schedule;
    schedule.seed = seed;
    schedule.run = seed;
    drawPlaces(schedule, random);
    drawRates(schedule, random);
    // Each schedule has some faults only, and some of them often: faults hide one another.
    for (int fault = 0; fault < kFirstFaults; ++fault) {
        const bool deletes =
            fault == static_cast<int>(Fault::Delete) || fault == static_cast<int>(Fault::Coup);
        if (random.chance(deletes ? 220 : 350)) {
            const std::int64_t weight = random.between(1, 4);
            schedule.faults.insert(schedule.faults.end(), static_cast<std::size_t>(weight),
                                   static_cast<Fault>(fault));
        }
    }
    if (schedule.faults.empty()) {
        schedule.faults.push_back(Fault::Kill);
    }
    schedule.trouble = schedule.longestLease * random.between(8, 30);
    schedule.meanInterval = schedule.longestLease * random.between(100, 1500) / 1000;
    schedule.loss = random.chance(400) ? static_cast<int>(random.between(1, 150)) : 0;
    schedule.duplicates = random.chance(300) ? static_cast<int>(random.between(1, 100)) : 0;
    schedule.lateness = random.chance(400) ? static_cast<int>(random.between(1, 150)) : 0;
    schedule.staleness = random.chance(400) ? static_cast<int>(random.between(100, 800)) : 0;
    schedule.stalls = random.chance(300) ? static_cast<int>(random.between(1, 60)) : 0;
    // Close to where revisions get another digit, so that they are compared as numbers or not.
    schedule.firstRevision =
        static_cast<std::uint64_t>(random.pick(std::vector<std::int64_t>{1, 90, 960, 9900}));
    return schedule;
}

Schedule scheduleOf(std::uint64_t seed) {
    Schedule schedule = firstScheduleOf(seed);
    drawLater(schedule);
    return schedule;
}

}  // namespace elector::simulation
