#include "tests/simulation/nemesis.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <vector>

#include "tests/simulation/forger.h"

namespace elector::simulation {

using election::ErrorKind;

namespace {

bool isOfOneProcess(Fault fault) {
    constexpr std::array kFaultsOfOne{Fault::CutOff,       Fault::Pause,       Fault::Kill,
                                      Fault::Stop,         Fault::Twin,        Fault::WallJump,
                                      Fault::WatchClosed,  Fault::WatchSilent, Fault::WatchReplayed,
                                      Fault::TokenExpired, Fault::Retiming,    Fault::Sickness};
    return std::ranges::find(kFaultsOfOne, fault) != kFaultsOfOne.end();
}

}  // namespace

void Nemesis::begin() {
    active_ = true;
    world_.network.setLoss(schedule_.loss);
    world_.network.setDuplicates(schedule_.duplicates);
    world_.network.setLateness(schedule_.lateness);
    world_.watches.setStaleness(schedule_.staleness);
    world_.stalls = schedule_.stalls;
    world_.longestStall = schedule_.longestLease;
    foreigners_.begin();
    lifers_.begin();
    if (!schedule_.faults.empty()) {
        strike();
    }
}

void Nemesis::leaveOff() {
    active_ = false;
    foreigners_.leave();
    lifers_.leave();
    world_.network.calm();
    world_.watches.setStaleness(0);
    world_.stalls = 0;
    for (const auto& seat : population_.seats()) {
        seat->link = Link{};
        seat->setHealthy(true);
        if (seat->process->isStopping()) {
            seat->process->kill();
        }
        if (!seat->isTaken()) {
            population_.restart(*seat, Population::Comeback::NewPod);
        }
    }
}

void Nemesis::strike() {
    world_.queue.after(world_.random.between(Duration(0), schedule_.meanInterval * 2), [this] {
        if (active_ && strikes_++ < schedule_.strikes) {
            const Fault fault = world_.random.pick(schedule_.faults);
            Seat& seat = victim();
            if (world_.history.isKept()) {
                world_.history.add(world_.queue.now(),
                                   fmt::format("*** {}{}", toString(fault),
                                               isOfOneProcess(fault) ? " of " + seat.id : ""));
            }
            commit(fault, seat);
            strike();
        }
    });
}

void Nemesis::commit(Fault fault, Seat& seat) {
    const Duration now = world_.queue.now();
    switch (fault) {
        case Fault::CutOff:
            cutOff(seat);
            break;
        case Fault::Outage:
            world_.network.failUntil(now + draw(2500));
            break;
        case Fault::Pause:
            seat.process->pauseUntil(now + draw(2500));
            break;
        case Fault::Kill:
            if (seat.isTaken()) {
                seat.process->kill();
                comeBackLater(seat);
            }
            break;
        case Fault::Stop:
            if (seat.isTaken() && !seat.process->isStopping()) {
                seat.process->requestStop();
                comeBackLater(seat);
            }
            break;
        case Fault::Twin:
            population_.startTwinOf(seat);
            break;
        case Fault::WallJump:
            wallJump(seat);
            break;
        case Fault::Delete:
            removeLease();
            break;
        case Fault::Coup:
            coup();
            break;
        case Fault::EditMetadata:
            api_.editMetadata();
            break;
        case Fault::EditSpec:
            api_.editSpec();
            break;
        case Fault::Storm:
            storm();
            break;
        case Fault::Refusal:
            refusal();
            break;
        case Fault::Slowness:
            world_.network.slowUntil(now + draw(3000));
            break;
        case Fault::WatchClosed:
            seat.process->breakWatch();
            break;
        case Fault::WatchSilent:
            seat.process->silenceWatch(draw(3000));
            break;
        case Fault::WatchReplayed:
            seat.process->replayWatch();
            break;
        case Fault::Restore:
            restore();
            break;
        case Fault::Forgery:
            forge();
            break;
        case Fault::TokenExpired:
            seat.link.refusedUntil = now + draw(2500);
            break;
        case Fault::Farewell:
            farewell();
            break;
        case Fault::LateAnswer:
            lateAnswer();
            break;
        case Fault::Relay:
            coup();
            relay(static_cast<int>(world_.random.between(1, 3)));
            break;
        case Fault::Retiming:
            retime(seat);
            break;
        case Fault::WallStop:
            wallStop();
            break;
        case Fault::StepDown:
            stepDown();
            break;
        case Fault::Sickness:
            sicken(seat);
            break;
        case Fault::HandOver:
            handOver();
            break;
    }
}

void Nemesis::removeLease() {
    lifers_.makeWay();
    api_.remove();
}

void Nemesis::cutOff(Seat& seat) {
    const Duration until = world_.queue.now() + draw(3000);
    const std::int64_t direction = world_.random.between(0, 3);
    if (direction != 0) {
        seat.link.requestsCutUntil = until;
    }
    if (direction != 1) {
        seat.link.answersCutUntil = until;
    }
}

void Nemesis::coup() {
    Seat* const cut = leadersSeat();
    if (cut == nullptr) {
        return;
    }
    const Duration lease = cut->place.timing.leaseDuration;
    const Duration until = world_.queue.now() + lease;
    cut->link = Link{until, until, Duration(0)};
    for (const auto& seat : population_.seats()) {
        if (seat.get() != cut && seat->isTaken() && world_.random.chance(600)) {
            seat->process->kill();
            comeBackLater(*seat);
        }
    }
    removeLease();
    if (world_.random.chance(500)) {
        world_.queue.after(world_.random.between(Duration(0), lease), [this] { removeLease(); });
    }
}

void Nemesis::storm() {
    static const std::vector<std::vector<ErrorKind>> kStorms{
        {ErrorKind::Throttled},
        {ErrorKind::Server},
        {ErrorKind::Conflict},
        {ErrorKind::Unreachable, ErrorKind::Malformed},
        {ErrorKind::Server, ErrorKind::Throttled, ErrorKind::Conflict, ErrorKind::NotFound,
         ErrorKind::Gone},
    };
    world_.network.stormUntil(world_.queue.now() + draw(2000),
                              static_cast<int>(world_.random.between(300, 1000)),
                              world_.random.pick(kStorms));
}

void Nemesis::refusal() {
    const ErrorKind kind =
        world_.random.chance(500) ? ErrorKind::Unauthorized : ErrorKind::Forbidden;
    world_.network.stormUntil(world_.queue.now() + draw(2000), 1000, {kind});
}

void Nemesis::wallJump(Seat& seat) {
    const Duration most =
        world_.random.chance(500) ? schedule_.longestLease * 2 : Duration(std::chrono::hours(24));
    const Duration by = world_.random.between(-most, most);
    seat.clock.jumpWall(by);
    seat.process->ask();
    if (world_.random.chance(300)) {
        seat.clock.jumpWall(-by);
    }
}

void Nemesis::restore() {
    api_.restore();
    world_.judge.restored();
    if (world_.random.chance(500)) {  // and the API server is started again
        for (const auto& seat : population_.seats()) {
            seat->process->breakWatch();
        }
    }
}

void Nemesis::forge() {
    std::vector<Forger::Victim> victims;
    for (const auto& seat : population_.seats()) {
        victims.push_back({seat->id, seat->podUid});
    }
    const Forger forger(world_.random, api_, victims, schedule_.longestLease);
    world_.judge.disordered();
    api_.forge(forger.record());
}

void Nemesis::farewell() {
    Seat* const seat = leadersSeat();
    if (seat == nullptr || seat->process->isStopping()) {
        return;
    }
    seat->process->requestStop();
    comeBackLater(*seat);
    const Duration within = seat->place.drain + std::chrono::milliseconds(60);
    world_.queue.after(world_.random.between(Duration(0), within), [this, seat] {
        removeLease();
        seat->process->breakWatch();
    });
}

void Nemesis::lateAnswer() {
    const Duration longest = schedule_.shortestDeadline / 3;
    const Duration late = world_.random.between(longest / 8, longest);
    world_.network.holdNextAcquisition(late, [this, late](int process) {
        Seat* const acquirer = population_.seatOf(process);
        if (acquirer == nullptr) {
            return;
        }
        world_.queue.after(world_.random.between(Duration(0), late / 4), [this, acquirer] {
            if (active_) {
                removeLease();
                acquirer->process->breakWatch();
            }
        });
        for (const auto& seat : population_.seats()) {
            if (seat.get() != acquirer && seat->isTaken() && world_.random.chance(500)) {
                seat->process->kill();
                comeBackLater(*seat);
            }
        }
    });
    if (Seat* const seat = leadersSeat(); seat != nullptr && world_.random.chance(500)) {
        seat->process->kill();
        comeBackLater(*seat);
    }
}

// Whoever leads is told to stop, and who comes after it as well.
void Nemesis::relay(int legs) {
    world_.queue.after(draw(700), [this, legs] {
        Seat* const seat = leadersSeat();
        if (!active_ || legs == 0) {
            return;
        }
        if (seat != nullptr && !seat->process->isStopping() &&
            world_.queue.now() >= seat->link.requestsCutUntil) {
            seat->process->requestStop();
            comeBackLater(*seat);
            relay(legs - 1);
        } else {
            relay(legs - 1);
        }
    });
}

// The shares of its lease duration stay, which clocks may differ by.
void Nemesis::retime(Seat& seat) {
    if (!seat.isTaken() || seat.place.wallStep != Duration(0)) {
        return;  // the steps of a coarse wall clock have to stay below the renew deadline
    }
    seat.process->kill();
    election::Timing& timing = seat.place.timing;
    const std::int64_t before = timing.leaseDuration / std::chrono::seconds(1);
    const std::int64_t longest = schedule_.longestLease / std::chrono::seconds(1);
    const std::int64_t after = world_.random.between(1, longest);
    timing.leaseDuration = std::chrono::seconds(after);
    timing.renewDeadline = timing.renewDeadline / before * after;
    timing.retryPeriod = timing.retryPeriod / before * after;
    timing.pollTolerance = timing.pollTolerance / before * after;
    comeBackLater(seat);
}

void Nemesis::wallStop() {
    Seat* const seat = leadersSeat();
    if (seat == nullptr || seat->process->isStopping()) {
        return;
    }
    seat->process->ask();
    seat->clock.jumpWall(seat->place.timing.renewDeadline * 2);
    if (world_.random.chance(500)) {
        seat->process->ask();
    }
    world_.queue.after(world_.random.between(Duration(0), std::chrono::milliseconds(10)),
                       [this, seat] {
                           if (active_ && seat->isTaken() && !seat->process->isStopping()) {
                               seat->process->requestStop();
                               comeBackLater(*seat);
                           }
                       });
}

void Nemesis::stepDown() {
    Seat* const seat = leadersSeat();
    if (seat == nullptr) {
        return;
    }
    seat->process->requestStepDown(draw(1000));
    if (world_.random.chance(500)) {
        return;
    }
    const election::Timing& timing = seat->place.timing;
    const Duration within = std::max(timing.renewDeadline, seat->place.drain);
    world_.queue.after(world_.random.between(Duration(0), within + within / 4), [this, seat] {
        if (!active_ || !seat->isTaken() || seat->process->isStopping()) {
            return;
        }
        if (world_.random.chance(300)) {
            seat->process->requestStepDown(draw(1000));
        } else {
            seat->process->requestStop();
            comeBackLater(*seat);
        }
    });
}

void Nemesis::sicken(Seat& seat) {
    const bool all = world_.random.chance(300);
    for (const auto& each : population_.seats()) {
        if (all || each.get() == &seat) {
            each->setHealthy(false);
            world_.queue.after(draw(6000), [this, healed = each.get()] {
                if (active_) {
                    healed->setHealthy(true);
                }
            });
        }
    }
}

void Nemesis::handOver() {
    Seat* const seat = leadersSeat();
    const std::int64_t way = world_.random.between(0, 3);
    if (seat == nullptr || way == 0) {
        annotateInVain();
        return;
    }
    const std::string heir = heirOf(*seat);
    if (way == 1) {
        seat->process->requestStepDown(draw(1000), heir);
    } else {
        askToHandOver(*seat, heir);
    }
}

std::string Nemesis::heirOf(const Seat& leader) {
    const std::string& id = world_.random.pick(population_.seats())->id;
    return id == leader.id || world_.random.chance(250) ? "gone" : id;
}

void Nemesis::askToHandOver(const Seat& leader, const std::string& to) {
    const auto lease = api_.read();
    const auto& term = leader.process->election().standing().term;
    if (lease && term) {
        const bool knowsToken = world_.random.chance(500);
        api_.annotate(
            "", {leader.id, (knowsToken ? term->token : lease->revision).text(), to, "asked"});
    }
}

void Nemesis::annotateInVain() {
    const auto lease = api_.read();
    if (!lease) {
        return;
    }
    const std::string preferred =
        world_.random.chance(500) ? world_.random.pick(population_.seats())->id : std::string();
    const Seat* const seat = leadersSeat();
    const std::string& holder = lease->record.holder;
    const std::uint64_t version = std::stoull(lease->revision.text());
    const std::uint64_t token =
        seat == nullptr ? version
                        : std::stoull(seat->process->election().standing().term->token.text());
    constexpr std::uint64_t kAhead = 10;  // of the version that this edit makes
    api_.annotate(preferred,
                  world_.random.pick(std::vector<election::HandOver>{
                      {holder, std::to_string(token - 1), "somebody", "of an earlier term"},
                      {holder, std::to_string(version + kAhead), "somebody", "of a time to come"},
                      {"somebody", std::to_string(token), "gone", "of another"},
                      {holder, std::to_string(token), holder, "to itself"},
                      {{}, {}, {}, "odd"},
                      {}}));
}

void Nemesis::comeBackLater(Seat& seat) {
    world_.queue.after(draw(1000), [this, &seat] {
        if (seat.isTaken()) {
            if (seat.process->isStopping() && active_) {
                comeBackLater(seat);
            }
            return;
        }
        static const std::vector<Population::Comeback> kComebacks{
            Population::Comeback::SamePod, Population::Comeback::SamePod,
            Population::Comeback::NewPod, Population::Comeback::NewName};
        population_.restart(seat, world_.random.pick(kComebacks));
    });
}

Seat* Nemesis::leadersSeat() {
    const std::optional<int> leader = world_.judge.leaderAt(world_.queue.now());
    return leader ? population_.seatOf(*leader) : nullptr;
}

Seat& Nemesis::victim() {
    if (world_.random.chance(500)) {
        if (Seat* const seat = leadersSeat()) {
            return *seat;
        }
    }
    return *world_.random.pick(population_.seats());
}

Duration Nemesis::draw(int mostPermille) {
    const Duration most = schedule_.longestLease * mostPermille / 1000;
    return world_.random.chance(500) ? world_.random.between(Duration(0), most / 6)
                                     : world_.random.between(Duration(0), most);
}

}  // namespace elector::simulation
