#include <algorithm>
#include <limits>
#include <utility>

#include "elector/election/election.h"
#include "elector/names.h"

// What is to be done next, given the state: at most one request, and when to look again.
namespace elector::election {
namespace {

// The API's leaseTransitions is an int32; at its end it stays.
std::int64_t nextTransitions(std::int64_t transitions) {
    return std::min<std::int64_t>(transitions + 1, std::numeric_limits<std::int32_t>::max());
}

}  // namespace

void Election::plan() {
    if (const auto why = mustStepDown()) {
        drain(settings_.health.value_or(HealthGate()).pause, *why);
    } else if (const auto to = mustHandOverTo()) {
        drain(defaultPause(settings_.timing), "it is asked to hand over to " + *to, *to);
    }
    if (const auto* leading = std::get_if<Leading>(&state_)) {
        wakeBy(leading->term.validUntil);
        planHolding(leading->term, leading->serial);
    } else if (std::holds_alternative<Draining>(state_)) {
        planDraining();
    } else if (std::holds_alternative<Releasing>(state_)) {
        planReleasing();
    }
    if (std::holds_alternative<Following>(state_)) {  // perhaps by now
        planFollowing();
    }
    actions_.finished = std::holds_alternative<Stopped>(state_);
}

void Election::planFollowing() {
    if (observation_.lease() && now_.boot < observation_.heldUntil()) {
        wakeBy(observation_.heldUntil());  // to tell that nobody is known to lead any more
    }
    if (!std::holds_alternative<std::monostate>(pending_)) {
        return;
    }
    if (now_.boot < notBefore_) {
        wakeBy(notBefore_);
        return;
    }
    if (mustRead_ || !observation_.isKnown()) {
        ask(ReadRequest{});
        return;
    }
    planClaim();
    if (actions_.request) {
        return;
    }
    if (now_.boot >= silentAt_) {
        ask(ReadRequest{});
        return;
    }
    wakeBy(silentAt_);
}

void Election::planClaim() {
    const Instant pausedUntil = std::max(std::get<Following>(state_).pausedUntil, mayLeadFrom());
    // Whoever is healthy comes first.
    const Duration standBack =
        healthy_ ? Duration(0) : settings_.health.value_or(HealthGate()).pause;
    if (now_.boot < pausedUntil) {
        wakeBy(pausedUntil);
        return;
    }
    if (!observation_.lease()) {
        const Instant createAt = createAt_ + standBack;
        if (now_.boot >= createAt) {
            ask(Intent::Create);
        } else {
            wakeBy(createAt);
        }
        return;
    }
    const Instant freeAt = observation_.freeAt();
    if (staleBase_ || planAsking() || freeAt == Instant::max()) {
        return;
    }
    const Instant claimAt = std::max(freeAt, standBackUntil_) + claimJitter_ + standBack;
    if (now_.boot >= claimAt) {
        ask(Intent::Acquire);
    } else {
        wakeBy(claimAt);
    }
}

// Rule 17: whose program is unhealthy leads only where nobody healthy has for long enough, and
// until somebody healthy asks. Why this process must step down.
std::optional<std::string> Election::mustStepDown() const {
    if (healthy_ || !std::holds_alternative<Leading>(state_)) {
        return std::nullopt;
    }
    if (now_.boot < mayLeadFrom()) {
        return "the program is unhealthy: " + unhealthyBecause_;
    }
    const auto& lease = observation_.lease();
    return lease && isAskedFor(lease->record)
               ? std::optional<std::string>("a healthy candidate asks for the Lease")
               : std::nullopt;
}

// Rule 18: who asks has seen the Lease in the present term. Of an earlier term the version is
// below the token, and no version is that of a time to come.
std::optional<std::string> Election::mustHandOverTo() const {
    const auto* leading = std::get_if<Leading>(&state_);
    const auto& lease = observation_.lease();
    if (leading == nullptr || !lease || observation_.claim() != Claim::Ours) {
        return std::nullopt;
    }
    const HandOver& asked = lease->record.handOver;
    const auto seen = Revision::parse(asked.token);
    const std::string& self = settings_.identity.id;
    const bool isForTerm = seen && *seen >= leading->term.token && *seen < lease->revision;
    return isForTerm && asked.from == self && asked.to != self ? std::optional(asked.to)
                                                               : std::nullopt;
}

Instant Election::mayLeadFrom() const {
    if (healthy_) {
        return Instant::min();
    }
    const Duration after = settings_.health.value_or(HealthGate()).degradedAfter;
    return after == Duration(0) ? Instant::max() : unledSince_ + after;
}

// Asks a leader for the Lease that says that its program is unhealthy. True once there is nothing
// else to be done.
bool Election::planAsking() {
    const auto& lease = observation_.lease();
    if (!healthy_ || !lease || lease->record.degraded != kDegraded ||
        observation_.claim() != Claim::Rival || now_.boot >= observation_.heldUntil()) {
        return false;
    }
    if (now_.boot >= askAt_) {
        // Without a watch, what was read a while ago is out of date: the leader renews.
        if (watchDenied_ && observation_.heardAt() != now_.boot) {
            ask(ReadRequest{});
        } else {
            ask(Intent::Ask);
        }
        return true;
    }
    wakeBy(askAt_);
    return false;
}

// REQUIRES: `term` is valid, and the record, if any, is ours or vacant: else the term had ended.
void Election::planHolding(const Term& term, std::uint64_t serial) {
    if (!std::holds_alternative<std::monostate>(pending_)) {
        return;
    }
    if (now_.boot < notBefore_) {
        wakeBy(std::min(notBefore_, term.validUntil));
        return;
    }
    if (mustRead_) {
        ask(ReadRequest{});
        return;
    }
    if (!observation_.lease()) {
        ask(Intent::Create);
        return;
    }
    if (!holdsLease(serial)) {
        // A vacant Lease, or one that an acquiring write took whose answer was lost: a new term,
        // with the revision of the next write for its token (rules 4 and 8).
        ask(Intent::Acquire);
        return;
    }
    if (now_.boot >= renewAt_) {
        ask(Intent::Renew);
    } else {
        wakeBy(renewAt_);
    }
}

// True if the record is a write of the term `serial`.
bool Election::holdsLease(std::uint64_t serial) const {
    const auto& lease = observation_.lease();
    const SentWrite* write = lease ? ownWrites_.find(lease->record) : nullptr;
    return write != nullptr && write->term == serial;
}

void Election::planDraining() {
    const auto& draining = std::get<Draining>(state_);
    if (observation_.lease() && observation_.claim() == Claim::Rival &&
        now_.boot < observation_.heldUntil()) {
        wakeBy(observation_.heldUntil());  // to tell the same
    }
    if (!draining.announced || now_.boot < draining.until) {
        if (now_.boot < draining.until) {
            wakeBy(draining.until);
        }
        if (draining.term && draining.term->isValidAt(now_) && holdsLease(draining.serial)) {
            wakeBy(draining.term->validUntil);
            planHolding(*draining.term, draining.serial);
        }
        return;
    }
    if (settings_.onShutdown == OnShutdown::Expire && !draining.pause) {
        state_ = Stopped{};
        return;
    }
    mustRead_ = true;  // a release re-reads first, never trusts what it believes (rule 5)
    notBefore_ = now_.boot;
    state_ = Releasing{now_.boot + settings_.timing.renewDeadline, draining.pause, draining.to};
    planReleasing();
}

void Election::planReleasing() {
    constexpr int kMostRefusals = 4;  // as by somebody who keeps touching the metadata
    auto& releasing = std::get<Releasing>(state_);
    if (!std::holds_alternative<std::monostate>(pending_)) {
        return;
    }
    if (now_.boot >= releasing.until) {
        endRelease("the API did not answer in time" + becauseOfTrouble());
        return;
    }
    wakeBy(releasing.until);
    if (now_.boot < notBefore_) {
        wakeBy(notBefore_);
        return;
    }
    if (mustRead_) {
        ask(ReadRequest{});
        return;
    }
    if (observation_.lease() && observation_.claim() == Claim::Released && releasing.written) {
        endRelease({});  // our release, whose answer was lost
        return;
    }
    if (!observation_.lease() || observation_.claim() != Claim::Ours) {
        endRelease("it is not ours any more");
        return;
    }
    if (releasing.refusals == kMostRefusals) {
        endRelease("its writes were refused" + becauseOfTrouble());
        return;
    }
    releasing.written = true;
    ask(Intent::Release);
}

void Election::ask(const ReadRequest& request) {
    pending_ = PendingRead{now_.boot};
    actions_.request = request;
}

void Election::ask(Intent intent) {
    WriteRequest request{intent, observation_.lease(), recordFor(intent)};
    std::optional<Revision> base;
    if (request.base) {
        base = request.base->revision;
    }
    if (intent == Intent::Acquire) {
        ++serial_;
    }
    const auto* leading = std::get_if<Leading>(&state_);
    const auto* draining = std::get_if<Draining>(&state_);
    std::uint64_t serial = serial_;
    if (intent == Intent::Renew) {
        serial = leading != nullptr ? leading->serial : draining->serial;
    }
    if (intent != Intent::Ask) {
        ownWrites_.sent(request.record, now_, serial);
    }
    pending_ = PendingWrite{intent, base, now_, serial};
    actions_.request = std::move(request);
}

LeaseRecord Election::recordFor(Intent intent) const {
    using std::chrono::seconds;
    const auto& lease = observation_.lease();
    LeaseRecord record = lease ? lease->record : LeaseRecord{};
    if (intent == Intent::Ask) {
        record.degraded = "asked by " + settings_.identity.id;
        return record;
    }
    if (!std::holds_alternative<Draining>(state_)) {
        record.degraded =
            healthy_ || intent == Intent::Create || intent == Intent::Release ? "" : kDegraded;
    }
    // Whatever was asked for or preferred is done, or stale.
    record.preferredHolder.clear();
    record.handOver = {};
    record.renewTime = ownWrites_.nextRenewTime(record, now_.wall);
    record.duration = std::chrono::duration_cast<seconds>(settings_.timing.leaseDuration);
    record.holder = settings_.identity.id;
    record.session = settings_.identity.session;
    switch (intent) {
        case Intent::Create:
            record.holder = names::kVacantHolder;
            record.session.clear();
            record.duration = std::chrono::ceil<seconds>(observation_.longestDuration());
            record.transitions = observation_.lastTransitions();
            record.acquireTime = record.renewTime;
            break;
        case Intent::Acquire:
            record.transitions = nextTransitions(record.transitions);
            record.acquireTime = record.renewTime;
            break;
        case Intent::Renew:
            break;
        case Intent::Release:
            record.holder.clear();
            record.session.clear();
            record.duration = seconds(1);
            record.acquireTime = record.renewTime;
            record.preferredHolder = std::get<Releasing>(state_).to;
            break;
        case Intent::Ask:
            break;
    }
    return record;
}

void Election::wakeBy(Instant when) {
    actions_.wakeAt = std::min(actions_.wakeAt, when);
}

void Election::publish() {
    const auto* leading = std::get_if<Leading>(&state_);
    const auto term = std::exchange(
        standing_.term, leading != nullptr ? std::optional<Term>(leading->term) : std::nullopt);
    if (leading != nullptr) {
        promisedUntil_ = std::max(promisedUntil_, leading->term.validUntil);
    }
    const Instant leaderUntil = standing_.leaderUntil;
    standing_.leader.clear();
    standing_.leadsForLife = false;
    standing_.healthy = healthy_;
    standing_.degraded = leading != nullptr && !healthy_;
    standing_.heardAt = observation_.heardAt();
    if (const auto& lease = observation_.lease()) {
        standing_.leaseUid = lease->uid;
        standing_.transitions = lease->record.transitions;
        standing_.acquireTime = lease->record.acquireTime;
        standing_.renewTime = lease->record.renewTime;
        if (observation_.claim() == Claim::Rival) {
            standing_.leader = shownHolder(lease->record);
            standing_.leaderUntil = observation_.heldUntil();
            standing_.leadsForLife = observation_.isForLife();
            standing_.degraded = !lease->record.degraded.empty();
            if (!standing_.degraded) {
                unledSince_ = std::max(unledSince_, standing_.leaderUntil);
            }
        }
    }
    const std::string leader = answerAt(standing_, settings_.identity.id, now_).leader;
    const std::string before = std::exchange(shownLeader_, leader);
    if (standing_.term) {
        if (!term || term->token != standing_.term->token) {
            tell(Reason::Acquired);
        } else if (term->validUntil != standing_.term->validUntil) {
            tell(Reason::Renewed);
        }
    } else if (term) {
        standing_.endedToken = term->token.text();
        tell(ended_);
        if (auto* draining = std::get_if<Draining>(&state_)) {
            draining->told = standing_.seq;
        }
    } else if (leader != before) {
        tell(leader.empty() ? Reason::Vacant : Reason::Changed);
    } else if (!leader.empty() && standing_.leaderUntil != leaderUntil) {
        tell(Reason::Renewed);
    }
    // The beginning and the end of an own term have notes of their own.
    const bool ownEnd = leader.empty() && before == settings_.identity.id;
    if (leader != before && !standing_.term && !ownEnd) {
        note(NoteKind::LeaderChanged, leader);
    }
}

void Election::tell(Reason reason) {
    ++standing_.seq;
    standing_.reason = reason;
    actions_.told.push_back(standing_);
}

}  // namespace elector::election
