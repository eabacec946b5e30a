#include "tests/simulation/population.h"

#include <chrono>
#include <utility>

namespace elector::simulation {
namespace {

constexpr std::size_t kMostSeats = 8;
}  // namespace

Population::Population(World& world, const Schedule& schedule)
    : world_(world), schedule_(schedule) {
    for (const Place& place : schedule.places) {
        addSeat(place);
    }
}

Seat& Population::addSeat(const Place& place) {
    const auto wallError = std::chrono::duration_cast<std::chrono::microseconds>(place.wallError);
    const DriftingClock clock(place.bootAtStart, place.clockRate, kStartOfRun + wallError,
                              place.wallStep);
    seats_.push_back(
        std::make_unique<Seat>(Seat{place, clock, Link{}, place.id, std::string(), true, nullptr}));
    Seat& seat = *seats_.back();
    seat.podUid = "pod" + std::to_string(++pods_);
    return seat;
}

void Population::start(Seat& seat) {
    const int number = world_.judge.nextNumber();
    election::Settings settings;
    settings.identity.id = seat.id;
    settings.identity.podUid = seat.place.hasPodUid ? seat.podUid : std::string();
    settings.identity.session = settings.identity.podUid + "/n" + std::to_string(number);
    settings.timing = seat.place.timing;
    settings.onMissing = seat.place.onMissing;
    settings.onShutdown = seat.place.onShutdown;
    settings.drain = seat.place.drain;
    settings.seed = world_.random.next();
    settings.health = seat.place.health;
    processes_.push_back(std::make_unique<Process>(world_, number, std::move(settings), seat.clock,
                                                   seat.link, seat.place.mayWatch,
                                                   seat.place.confirms));
    seatByProcess_[number] = &seat;
    seat.process = processes_.back().get();
    const election::Election& election = seat.process->election();
    world_.judge.joined(election.settings(), election.standing(), seat.clock, Judge::Kind::Ours);
    seat.process->start();
    if (seat.place.health) {  // the first probe
        const Duration most = seat.place.timing.leaseDuration / 10;
        world_.queue.after(world_.random.between(Duration(0), most),
                           [&seat, process = seat.process] { process->tellHealth(seat.healthy); });
    }
}

void Population::restart(Seat& seat, Comeback comeback) {
    if (comeback != Comeback::SamePod) {
        seat.podUid = "pod" + std::to_string(++pods_);
    }
    if (comeback == Comeback::NewName) {
        seat.id = seat.place.id + "-" + std::to_string(pods_);
    }
    start(seat);
}

void Population::startTwinOf(const Seat& seat) {
    if (seats_.size() >= kMostSeats) {
        return;
    }
    Place place = seat.place;
    place.clockRate = world_.random.pick(schedule_.places).clockRate;
    place.id = seat.id;
    start(addSeat(place));
}

Seat* Population::seatOf(int process) {
    const auto found = seatByProcess_.find(process);
    return found == seatByProcess_.end() ? nullptr : found->second;
}

}  // namespace elector::simulation
