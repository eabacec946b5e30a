#include "tests/simulation/foreigners.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace elector::simulation {

namespace {

double shareOf(const election::Timing& timing) {
    return static_cast<double>(timing.renewDeadline.count()) /
           static_cast<double>(timing.leaseDuration.count());
}

}  // namespace

Foreigners::Foreigners(World& world, const Schedule& schedule)
    : world_(world), schedule_(schedule) {
    // The clocks differ by what this share bears, which leaves the least room for drift.
    double share = 0;
    for (const Place& place : schedule.places) {
        share = std::max(share, shareOf(place.timing));
    }
    for (int i = 0; i < schedule.foreigners; ++i) {
        // It counts its own lease duration, whatever is recorded: so none may be longer.
        election::Timing timing;
        timing.renewDeadline = Duration(
            static_cast<std::int64_t>(share * static_cast<double>(schedule.longestLease.count())));
        timing.leaseDuration = schedule.longestLease;
        timing.retryPeriod = timing.renewDeadline / 5;
        const std::int64_t rate = world.random.pick(schedule.places).clockRate;
        seats_.push_back(std::make_unique<Seat>(
            Seat{DriftingClock(std::chrono::minutes(1), rate, kStartOfRun), Link{}, timing}));
    }
}

void Foreigners::begin() {
    active_ = true;
    for (const auto& seat : seats_) {
        start(*seat);
        trouble(*seat);
    }
}

void Foreigners::leave() {
    active_ = false;
    for (const auto& seat : seats_) {
        seat->elector->kill();
    }
}

void Foreigners::start(Seat& seat) {
    const int number = world_.judge.nextNumber();
    electors_.push_back(std::make_unique<ForeignElector>(world_, fmt::format("foreign-{}", number),
                                                         seat.timing, seat.clock, seat.link));
    seat.elector = electors_.back().get();
    seat.elector->start();
}

void Foreigners::trouble(Seat& seat) {
    world_.queue.after(world_.random.between(Duration(0), schedule_.longestLease * 4),
                       [this, &seat] {
                           if (active_) {
                               strike(seat);
                               trouble(seat);
                           }
                       });
}

void Foreigners::strike(Seat& seat) {
    const Duration lease = schedule_.longestLease;
    if (!seat.elector->isAlive()) {
        start(seat);
        return;
    }
    switch (world_.random.between(0, 3)) {
        case 0:
            seat.elector->kill();
            break;
        case 1:
            seat.elector->leave();
            break;
        case 2:
            seat.link.requestsCutUntil = world_.queue.now() + world_.random.between({}, lease);
            break;
        default:
            seat.link.answersCutUntil = world_.queue.now() + world_.random.between({}, lease);
            break;
    }
}

}  // namespace elector::simulation
