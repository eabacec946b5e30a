#include "tests/simulation/foreign_elector.h"

#include <chrono>
#include <utility>
#include <variant>

namespace elector::simulation {

using election::ApiError;
using election::Instant;
using election::Intent;
using election::Lease;
using election::LeaseRecord;
using election::Moment;
using std::chrono::seconds;

ForeignElector::ForeignElector(World& world, std::string id, const election::Timing& timing,
                               const DriftingClock& clock, Link& link)
    : world_(world), clock_(clock), link_(link) {
    settings_.identity.id = std::move(id);
    settings_.timing = timing;
}

void ForeignElector::start() {
    alive_ = true;
    number_ = world_.judge.joined(settings_, standing_, clock_, Judge::Kind::Foreign);
    attempt();
}

void ForeignElector::kill() {
    if (std::exchange(alive_, false)) {
        world_.judge.left(number_);
    }
}

void ForeignElector::leave() {
    if (alive_ && isLeader()) {
        standing_.term.reset();
        LeaseRecord record = observed_->record;
        record.holder.clear();
        record.duration = seconds(1);
        record.renewTime = now().wall;
        record.acquireTime = record.renewTime;
        Call call;
        call.kind = Call::Kind::Write;
        call.write = election::WriteRequest{Intent::Release, observed_, record};
        submit(std::move(call));
    }
    kill();
}

void ForeignElector::attempt() {
    if (!alive_) {
        return;
    }
    attemptedAt_ = now().boot;
    if (isLeader() && attemptedAt_ >= renewBy_) {
        kill();  // "leader election lost"
        return;
    }
    if (isLeader() && isHeld(attemptedAt_)) {
        LeaseRecord record = observed_->record;
        record.renewTime = now().wall;
        write(std::move(record), observed_);
    } else {
        read();
    }
}

void ForeignElector::attemptLater() {
    const Duration period = settings_.timing.retryPeriod;
    // A candidate spreads its attempts over 1.2 periods more, a leader does not.
    const Duration wait =
        isLeader() ? period : world_.random.between(period, period + period * 6 / 5);
    world_.queue.after(wait, [this] { attempt(); });
}

void ForeignElector::read() {
    submit(Call{});
}

void ForeignElector::judgeRecord(const std::optional<Lease>& lease) {
    LeaseRecord record = lease ? lease->record : LeaseRecord{};
    if (lease) {
        if (!observed_ || observed_->record != lease->record) {
            observedAt_ = now().boot;
        }
        observed_ = lease;
        if (!record.holder.empty() && isHeld(attemptedAt_) && !isLeader()) {
            attemptLater();
            return;
        }
    }
    record.renewTime = now().wall;
    record.duration = std::chrono::duration_cast<seconds>(settings_.timing.leaseDuration);
    if (record.holder != settings_.identity.id) {
        record.transitions += lease ? 1 : 0;
        record.acquireTime = record.renewTime;
    }
    record.holder = settings_.identity.id;
    write(std::move(record), lease);
}

void ForeignElector::write(LeaseRecord record, const std::optional<Lease>& base) {
    const bool goesOn = base && standing_.term && standing_.term->isValidAt(now());
    Call call;
    call.kind = Call::Kind::Write;
    call.write =
        election::WriteRequest{goesOn ? Intent::Renew : Intent::Acquire, base, std::move(record)};
    submit(std::move(call));
}

void ForeignElector::wrote(const election::Landed& landed, Intent intent, Instant sentAt) {
    observed_ = landed.lease;
    observedAt_ = now().boot;
    renewBy_ = observedAt_ + settings_.timing.renewDeadline;
    if (intent == Intent::Acquire || !standing_.term) {
        standing_.term =
            election::Term{landed.lease.revision, Instant{}, election::WallTime::max()};
    }
    standing_.term->validUntil = sentAt + settings_.timing.renewDeadline;
    attemptLater();
}

void ForeignElector::submit(Call call) {
    if (standing_.term && !standing_.term->isValidAt(now())) {
        standing_.term.reset();
    }
    world_.judge.asked(number_, call, now());
    const std::uint64_t request = ++request_;
    const Instant sentAt = call.sentAt;
    const Intent intent = call.write ? call.write->intent : Intent::Acquire;
    world_.network.submit(
        call, link_, [this, request, intent, sentAt](const election::Event& event, std::size_t) {
            if (!alive_ || request != request_) {
                return;
            }
            ++request_;
            if (const auto* read = std::get_if<election::ReadAnswered>(&event)) {
                if (const auto* lease = std::get_if<std::optional<Lease>>(&read->answer)) {
                    judgeRecord(*lease);
                    return;
                }
            } else if (const auto* landed = std::get_if<election::Landed>(
                           &std::get<election::WriteAnswered>(event).answer)) {
                wrote(*landed, intent, sentAt);
                return;
            }
            failed();
        });
    world_.queue.after(attemptTimeout(settings_.timing), [this, request] {
        if (alive_ && request == request_) {
            ++request_;
            failed();
        }
    });
}

// What was observed goes on being believed, until the next attempt has read anew.
void ForeignElector::failed() {
    if (isLeader()) {
        observedAt_ = Instant{};
    }
    attemptLater();
}

bool ForeignElector::isLeader() const {
    return observed_ && observed_->record.holder == settings_.identity.id;
}

bool ForeignElector::isHeld(Instant now) const {
    return now < observedAt_ + settings_.timing.leaseDuration;
}

}  // namespace elector::simulation
