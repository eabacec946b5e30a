#include "tests/simulation/schedule.h"

#include <algorithm>
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

// Clocks whose rates differ by almost as much as the election bears: (L - D) / L. Most stand at one
// of the ends.
void drawRates(Schedule& schedule, Random& random) {
    double bound = 0;
    for (const Place& place : schedule.places) {
        bound = std::max(bound, static_cast<double>(place.timing.renewDeadline.count()) /
                                    static_cast<double>(place.timing.leaseDuration.count()));
    }
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

}  // namespace

Schedule scheduleOf(std::uint64_t seed) {
    Random random(seed * 0x2545F4914F6CDD1DU + 1);
    Schedule schedule;
    schedule.seed = seed;
    drawPlaces(schedule, random);
    drawRates(schedule, random);
    // Each schedule has some faults only, and some of them often: faults hide one another.
    for (int fault = 0; fault < kFaults; ++fault) {
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

}  // namespace elector::simulation
