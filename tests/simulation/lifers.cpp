#include "tests/simulation/lifers.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>
#include <variant>

namespace elector::simulation {

using election::Intent;

void Lifers::begin() {
    active_ = schedule_.lifers > 0;
    for (int i = 0; i < schedule_.lifers; ++i) {
        start();
    }
    if (active_) {
        collect();
    }
}

void Lifers::leave() {
    active_ = false;
    for (const auto& holder : holders_) {
        kill(*holder);
    }
}

void Lifers::makeWay() {
    const auto lease = api_.read();
    if (!lease || !isHeldForLife(*lease)) {
        return;
    }
    for (const auto& holder : holders_) {
        if (holder->settings.identity.id == lease->record.holder) {
            kill(*holder);
        }
    }
}

void Lifers::start() {
    const int number = world_.judge.nextNumber();
    const std::int64_t rate = world_.random.pick(schedule_.places).clockRate;
    holders_.push_back(std::make_unique<Holder>(
        Holder{{}, {}, DriftingClock(std::chrono::minutes(1), rate, kStartOfRun), Link{}, number}));
    Holder& holder = *holders_.back();
    holder.settings.identity.id = fmt::format("lifer-{}", number);
    world_.judge.joined(holder.settings, holder.standing, holder.clock, Judge::Kind::ForLife);
    campaign(holder);
    world_.queue.after(
        world_.random.between(Duration(0), schedule_.longestLease * 6), [this, &holder] {
            kill(holder);
            world_.queue.after(world_.random.between(Duration(0), schedule_.longestLease), [this] {
                if (active_) {
                    start();
                }
            });
        });
}

void Lifers::campaign(Holder& holder) {
    if (!holder.alive || holder.standing.term) {
        return;
    }
    const election::Moment now = holder.clock.at(world_.queue.now());
    election::LeaseRecord record;
    record.holder = holder.settings.identity.id;
    record.acquireTime = now.wall;
    Call call;
    call.kind = Call::Kind::Write;
    call.write = election::WriteRequest{Intent::Acquire, std::nullopt, record};
    world_.judge.asked(holder.number, call, now);
    world_.network.submit(
        call, holder.link, [&holder](const election::Event& event, std::size_t /*place*/) {
            const auto* landed =
                std::get_if<election::Landed>(&std::get<election::WriteAnswered>(event).answer);
            if (holder.alive && landed != nullptr) {
                holder.standing.term = election::Term{
                    landed->lease.revision, election::Instant::max(), election::WallTime::max()};
            }
        });
    world_.queue.after(world_.random.between(Duration(0), schedule_.longestLease / 2),
                       [this, &holder] { campaign(holder); });
}

void Lifers::kill(Holder& holder) {
    if (std::exchange(holder.alive, false)) {
        world_.judge.left(holder.number);
    }
}

bool Lifers::isHeldByTheDead() const {
    const auto lease = api_.read();
    return lease && isHeldForLife(*lease) &&
           std::ranges::none_of(holders_, [&](const auto& holder) {
               return holder->alive && holder->settings.identity.id == lease->record.holder;
           });
}

void Lifers::collect() {
    if (isHeldByTheDead()) {
        api_.remove();
    }
    world_.queue.after(world_.random.between(Duration(0), schedule_.shortestDeadline),
                       [this] { collect(); });
}

}  // namespace elector::simulation
