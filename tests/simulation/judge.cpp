#include "tests/simulation/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace elector::simulation {

using election::Instant;
using election::Intent;
using election::Lease;
using election::LeaseRecord;
using election::Revision;

namespace {

std::uint64_t Tally::* howOf(const std::optional<Lease>& base, const election::Identity& identity) {
    if (!base) {
        return &Tally::byVacancy;
    }
    const LeaseRecord& before = base->record;
    if (isRelease(before)) {
        return &Tally::byRelease;
    }
    if (isUnheld(before)) {
        return &Tally::byVacancy;
    }
    if (before.session == identity.session && before.holder == identity.id) {
        return &Tally::again;
    }
    const std::string pod = identity.podUid + "/";
    return !identity.podUid.empty() && before.session.starts_with(pod) ? &Tally::byRestart
                                                                       : &Tally::byExpiry;
}

}  // namespace

int Judge::joined(const election::Settings& settings, const election::Standing& standing,
                  const DriftingClock& clock, Kind kind) {
    members_.emplace_back(settings, standing, clock, kind);
    if (!disorders_.empty()) {
        members_.back().knowledge.disorder();  // a watch may yet show what was before
    }
    return static_cast<int>(members_.size()) - 1;
}

void Judge::told(int process, const election::Event& event, Instant now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    member.toldAt = now;
    member.knowledge.told(event, now);
    if (member.knowledge.isPreferred()) {
        member.pausedUntil = Instant{};
    }
    if (std::holds_alternative<election::Started>(event)) {
        member.ledUntil = now;
    } else if (const auto* health = std::get_if<election::HealthChanged>(&event)) {
        if (member.standing->term && member.healthy) {
            member.ledUntil = now;
        }
        member.healthy = health->healthy;
    }
}

void Judge::asked(int process, Call& call, const election::Moment& now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    call.process = process;
    call.sentAt = now.boot;
    const auto& term = member.standing->term;
    if (term && term->isValidAt(now)) {
        call.wasLeading = true;
        const auto found = acquisitions_.find(term->token);
        if (found != acquisitions_.end()) {
            call.termUid = found->second.uid;
            call.termLanding = found->second.lastLanding;
        }
    }
    if (!call.write) {
        member.knowledge.asked(now.boot);
    } else if (call.write->intent == Intent::Release &&
               (member.stepsDown || member.settings->drain > Duration(0)) &&
               now.boot < member.promisedUntil) {
        fail(fmt::format("rule 13: {} releases while a yes is good that it gave", name(process)));
    } else if ((call.write->intent == Intent::Acquire || call.write->intent == Intent::Create) &&
               now.boot < member.pausedUntil) {
        fail(fmt::format("rule 13: {} takes the Lease though it has just stepped down",
                         name(process)));
    } else if ((call.write->intent == Intent::Acquire || call.write->intent == Intent::Create) &&
               !mayLead(member, now.boot)) {
        fail(fmt::format("rule 17: {} takes the Lease though its program is unhealthy",
                         name(process)));
    } else if (call.write->intent == Intent::Acquire && call.write->base &&
               member.knowledge.mustLeave(*call.write->base, now.boot)) {
        fail(fmt::format("rule 18: {} does not leave a release to whom it prefers", name(process)));
    } else if (call.write->intent == Intent::Acquire && call.write->base &&
               member.knowledge.mustWaitFor(*call.write->base, now.boot)) {
        fail(fmt::format("rule 7: {} takes a Lease that went back, without having waited",
                         name(process)));
    }
}

void Judge::landed(const Call& call, const election::Landed& landed) {
    ++landings_;
    Member& member = members_[static_cast<std::size_t>(call.process)];
    const Intent intent = call.write->intent;
    if (intent == Intent::Ask && call.write->base) {
        LeaseRecord same = landed.lease.record;
        same.degraded = call.write->base->record.degraded;
        if (same != call.write->base->record || landed.created) {
            fail(fmt::format("rule 17: {} asks for the Lease, and changes who holds it",
                             name(call.process)));
        }
        ++tally_.asks;
        return;
    }
    if (landed.created && call.write->base) {
        fail(fmt::format("rule 4: an update by {} created a Lease", name(call.process)));
        return;
    }
    if (intent == Intent::Create) {
        member.ownCreations.insert(landed.lease.uid);
        return;
    }
    const LeaseRecord& record = landed.lease.record;
    if (member.kind == Kind::Ours &&
        (!record.handOver.text.empty() ||
         (intent != Intent::Release && !record.preferredHolder.empty()))) {
        fail(fmt::format("rule 18: {} writes on what was asked for", name(call.process)));
    }
    if (intent == Intent::Release) {
        lastReleaseLanded_ = now_;
        tally_.handOvers += record.preferredHolder.empty() ? 0U : 1U;
        return;
    }
    lastRenewalLanded_ = now_;
    member.landedSentAt = std::max(member.landedSentAt.value_or(call.sentAt), call.sentAt);
    if (intent == Intent::Acquire) {
        acquired(call, landed);
        return;
    }
    if (!member.acquired) {
        return;
    }
    if (Acquisition& own = acquisitions_.at(*member.acquired);
        own.key == keyOf(landed.lease.record)) {
        own.lastLanding = landings_;
    }
}

void Judge::acquired(const Call& call, const election::Landed& landed) {
    Member& member = members_[static_cast<std::size_t>(call.process)];
    const std::string& uid = landed.lease.uid;
    const election::Settings& settings = *member.settings;
    member.acquired = landed.lease.revision;
    acquisitions_.insert_or_assign(
        landed.lease.revision,
        Acquisition{call.process, uid, keyOf(landed.lease.record), call.sentAt, call.wasLeading,
                    howOf(call.write->base, settings.identity), landings_, landings_});
    if (call.write->base && isRelease(call.write->base->record) &&
        !call.write->base->record.preferredHolder.empty()) {
        ++(isPreferred(member, *call.write) ? tally_.toPreferred : tally_.pastPreferred);
    }
    // One of another make takes at once whatever it makes.
    const bool fresh = landed.created || (member.ownCreations.contains(uid) &&
                                          member.knowledge.sawOnly(uid, call.sentAt) &&
                                          settings.onMissing == election::OnMissing::Create);
    Root::How how = fresh ? Root::How::Fresh : Root::How::Waited;
    if (call.wasLeading) {
        how = Root::How::Sitting;
    }
    const Root root{how, call.process, call.termUid, call.termLanding, call.sentAt, landings_};
    const auto [found, first] = roots_.emplace(uid, root);
    if (!first && found->second.landing < restoredAt_) {
        found->second = root;
    }
}

// True for a write over a release that prefers its writer.
bool Judge::isPreferred(const Member& member, const election::WriteRequest& write) {
    return write.base && isRelease(write.base->record) &&
           write.base->record.preferredHolder == member.settings->identity.id;
}

void Judge::stepsDownUnasked(int process, const std::optional<election::Term>& term) {
    const Member& member = members_[static_cast<std::size_t>(process)];
    const bool isUnhealthy = member.settings->health && !member.healthy;
    const auto& token = term ? std::optional(term->token) : member.acquired;
    if (!isUnhealthy && !(token && member.knowledge.isAskedToHandOver(*token))) {
        fail(fmt::format("rule 18: {} steps down though nobody asks it to", name(process)));
    }
}

void Judge::disordered() {
    ++landings_;
    disorders_.push_back(landings_);
    for (Member& member : members_) {
        member.knowledge.disorder();
    }
}

void Judge::restored() {
    disordered();
    restoredAt_ = landings_;
    highestBegun_.reset();
}

void Judge::stepped(int process) {
    Member& member = members_[static_cast<std::size_t>(process)];
    const auto& term = member.standing->term;
    if (!term) {
        return;
    }
    if (std::exchange(member.steppedToken, term->token.text()) != term->token.text()) {
        const auto found = acquisitions_.find(term->token);
        if (found != acquisitions_.end() && member.knowledge.knowsGone(found->second.uid)) {
            fail(fmt::format("rule 8: {} begins a term under a Lease that it knows to be gone",
                             name(process)));
        }
        if (found != acquisitions_.end() && !found->second.wasLeading &&
            member.knowledge.followsAnother(found->second.uid, member.toldAt)) {
            fail(fmt::format("rule 8: {} begins a term though one of an earlier Lease may last",
                             name(process)));
        }
    }
    if (!mayLead(member, member.toldAt)) {
        fail(fmt::format("rule 17: {} leads though its program is unhealthy", name(process)));
    }
    if (member.healthy) {
        member.ledUntil = member.toldAt;
    }
    const Duration deadline = member.settings->timing.renewDeadline;
    if (!member.landedSentAt || term->validUntil > *member.landedSentAt + deadline) {
        fail(
            fmt::format("rule 1: {} leads for more than D after it sent the last write that landed",
                        name(process)));
    }
    if (member.knowledge.sawRival()) {
        fail(fmt::format("rule 3: {} leads on though told that another holds the Lease",
                         name(process)));
    }
    if (member.knowledge.sawItGoBack()) {
        fail(fmt::format("rule 7: {} leads on though told of a Lease that went back",
                         name(process)));
    }
}

// Whose program is unhealthy may lead where nobody has in health for as long as its gate says.
bool Judge::mayLead(const Member& member, Instant now) const {
    const auto& gate = member.settings->health;
    if (!gate || member.healthy) {
        return true;
    }
    const Instant led = std::max(member.ledUntil, member.knowledge.ledUntil());
    return gate->degradedAfter > Duration(0) && now >= led + gate->degradedAfter;
}

void Judge::termBegan(int process, const std::string& token) {
    const Revision revision = *Revision::parse(token);
    const auto found = acquisitions_.find(revision);
    if (found == acquisitions_.end() || found->second.process != process) {
        fail(fmt::format("S3: {} leads with the token {}, which no acquiring write of its brought",
                         name(process), token));
        return;
    }
    Acquisition& own = found->second;
    if (std::exchange(own.begun, true)) {
        fail(fmt::format("S3: {} began two terms with the token {}", name(process), token));
    }
    if (members_[static_cast<std::size_t>(process)].kind == Kind::Foreign) {
        ++tally_.foreignTerms;
    } else if (members_[static_cast<std::size_t>(process)].kind == Kind::ForLife) {
        ++tally_.termsForLife;
    } else {
        ++tally_.terms;
        ++(tally_.*own.how);
    }
    if (own.firstLanding < restoredAt_) {
        return;  // of a past that was undone
    }
    if (highestBegun_ && revision < *highestBegun_ &&
        toleranceOf(own, acquisitions_.at(*highestBegun_)) == Tolerance::None) {
        fail(fmt::format("S3: {} begins a term with the token {} after {} was a token",
                         name(process), token, highestBegun_->text()));
    }
    if (!highestBegun_ || revision > *highestBegun_) {
        highestBegun_ = revision;
    }
}

void Judge::answered(int process, const election::Answer& answer, Instant now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    const std::string& ownId = member.settings->identity.id;
    if (answer.isLeader != (answer.leader == ownId)) {
        fail(fmt::format("rule 15: {} names itself without leading, or another while leading",
                         name(process)));
    }
    if (answer.isLeader) {
        member.promisedUntil = std::max<Instant>(member.promisedUntil, now + answer.validFor);
        member.rememberedToken = answer.fencingToken;
        member.rememberedUntil =
            member.clock->trueTimeOf(now + member.settings->timing.pollTolerance);
    }
    if (answer.isLeader || answer.leader.empty()) {
        return;
    }
    if (!member.knowledge.believes(answer.leader, now)) {
        fail(fmt::format("S2: {} names {}, a leader from the past", name(process), answer.leader));
    }
}

void Judge::saidNo(int process) {
    Member& member = members_[static_cast<std::size_t>(process)];
    member.withheld = true;
    member.ended = member.standing->term->token.text() == member.token;
}

void Judge::check(Duration now) {
    leading_.clear();
    for (std::size_t i = 0; i < members_.size(); ++i) {
        if (!members_[i].gone) {
            collect(static_cast<int>(i), now);
        }
    }
    if (leading_.empty()) {
        leaderSince_ = now;
    }
    collectRemembered(now);
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        for (std::size_t j = i + 1; j < leading_.size(); ++j) {
            if (!isOneProgram(leading_[i].process, leading_[j].process)) {
                compare(leading_[i], leading_[j]);
            }
        }
    }
}

void Judge::collect(int process, Duration now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    const auto& term = member.standing->term;
    if (!term) {
        if (member.leaving && member.leaving->isValidAt(member.clock->at(now))) {
            leading_.push_back({process, member.leaving->token});
        }
        return;
    }
    if (member.withheld || !term->isValidAt(member.clock->at(now))) {
        return;
    }
    // A term counts from when somebody could see it.
    if (term->token.text() != member.token) {
        member.token = term->token.text();
        member.ended = false;
        termBegan(process, member.token);
    }
    if (member.ended) {
        fail(fmt::format("S2: {} leads again with the token {} after it had said no", name(process),
                         term->token.text()));
    }
    leading_.push_back({process, term->token});
}

std::optional<int> Judge::leaderAt(Duration now) const {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        const auto& term = member.standing->term;
        if (!member.gone && term && term->isValidAt(member.clock->at(now))) {
            return static_cast<int>(i);
        }
    }
    return std::nullopt;
}

// A program acts on by the last "yes" that it was told, for as long as it is tolerated, be its
// elector alive or not.
void Judge::collectRemembered(Duration now) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
        const Member& member = members_[i];
        if (!member.rememberedToken.empty() && now < member.rememberedUntil) {
            leading_.push_back({static_cast<int>(i), *Revision::parse(member.rememberedToken)});
        }
    }
}

bool Judge::isOneProgram(int left, int right) const {
    const auto& one = members_[static_cast<std::size_t>(left)].settings->identity.podUid;
    const auto& other = members_[static_cast<std::size_t>(right)].settings->identity.podUid;
    return left == right || (!one.empty() && one == other);
}

void Judge::compare(const Claimant& left, const Claimant& right) {
    if (left.token == right.token) {
        // Revisions are given out once, unless etcd was restored from a backup: it counts anew, and
        // the later acquisition has taken the place of the earlier one.
        ++tally_.disorderExceptions;
        return;
    }
    const auto first = acquisitions_.find(left.token);
    const auto second = acquisitions_.find(right.token);
    if (first == acquisitions_.end() || second == acquisitions_.end()) {
        return;  // told as a violation already
    }
    std::pair pair(first->first.text(), second->first.text());
    if (tolerated_.contains(pair)) {
        return;
    }
    const Tolerance tolerance = toleranceOf(first->second, second->second);
    if (tolerance == Tolerance::None) {
        fail(fmt::format("S1: {} (token {}, {}) and {} (token {}, {}) lead at once",
                         name(left.process), first->first.text(), first->second.uid,
                         name(right.process), second->first.text(), second->second.uid));
        return;
    }
    tolerated_.insert(std::move(pair));
    ++(tally_.*counterOf(tolerance));
}

std::uint64_t Tally::* Judge::counterOf(Tolerance tolerance) const {
    return tolerance == Tolerance::Fresh    ? &Tally::freshExceptions
           : tolerance == Tolerance::Raised ? &Tally::raisedExceptions
                                            : &Tally::disorderExceptions;
}

// Where the Lease was written past the rules since the earlier term's last write, nothing is
// promised but the end of that term within D. Else: after a deletion two lines of leaders may live
// side by side in exactly two cases: see toleranceOf() below.
Judge::Tolerance Judge::toleranceOf(const Acquisition& left, const Acquisition& right) const {
    if (disorderBetween(left.lastLanding, right.lastLanding)) {
        return Tolerance::Disorder;
    }
    std::string uids[2] = {left.uid, right.uid};
    const Acquisition* sides[2] = {&left, &right};
    Taker takers[2] = {{left.process, left.uid, left.askedAt},
                       {right.process, right.uid, right.askedAt}};
    const auto number = [](const std::string& uid) { return std::stoull(uid.substr(1)); };
    while (uids[0] != uids[1]) {
        const std::size_t newer = number(uids[0]) > number(uids[1]) ? 0 : 1;
        const auto found = roots_.find(uids[newer]);
        if (found == roots_.end()) {
            return Tolerance::None;
        }
        const Root& root = found->second;
        if (root.how != Root::How::Sitting) {
            return toleranceOf(root, takers[newer], *sides[1 - newer]);
        }
        // Its term went on under the new uid.
        uids[newer] = root.previousUid;
        if (takers[newer].process == root.process) {
            takers[newer] = before(root);
        }
        if (disorderBetween(root.previousLanding, sides[1 - newer]->lastLanding)) {
            return Tolerance::Disorder;
        }
    }
    return Tolerance::None;
}

// The line under the newer uid was begun by a process that made the Lease and had never seen it,
// and who leads under it now never saw the old one either; or it was begun by one that waited, and
// never saw a record of the other's term, whose D is longer than what it waited for; and who leads
// under it now knows no more. Electors of another make know nothing of uids.
Judge::Tolerance Judge::toleranceOf(const Root& root, const Taker& taker,
                                    const Acquisition& other) const {
    const Member& member = members_[static_cast<std::size_t>(taker.process)];
    const bool newcomer =
        member.kind != Kind::Ours || member.knowledge.sawOnly(taker.uid, taker.askedAt);
    const bool blind = isBlindTo(other, taker.process, taker.askedAt);
    if (root.how == Root::How::Fresh) {
        return newcomer ? Tolerance::Fresh : blind ? Tolerance::Raised : Tolerance::None;
    }
    return isBlindTo(other, root.process, root.askedAt) && (newcomer || blind) ? Tolerance::Raised
                                                                               : Tolerance::None;
}

bool Judge::isBlindTo(const Acquisition& other, int process, Instant askedAt) const {
    const Member& member = members_[static_cast<std::size_t>(process)];
    const Member& rival = members_[static_cast<std::size_t>(other.process)];
    const auto trueLength = [](const DriftingClock& clock, Instant from, Duration length) {
        return clock.trueTimeOf(from + length) - clock.trueTimeOf(from);
    };
    const election::Timing& timing = rival.settings->timing;
    return trueLength(*rival.clock, other.askedAt, timing.renewDeadline + timing.pollTolerance) >
               trueLength(*member.clock, askedAt, member.settings->timing.leaseDuration) &&
           !member.knowledge.saw(other.key, askedAt);
}

// How the leader that took the Lease of `root` at once had taken the one before.
Judge::Taker Judge::before(const Root& root) const {
    for (const auto& [revision, acquisition] : acquisitions_) {
        if (acquisition.process == root.process && acquisition.uid == root.previousUid) {
            return {acquisition.process, acquisition.uid, acquisition.askedAt};
        }
    }
    return {root.process, root.previousUid, root.askedAt};
}

bool Judge::disorderBetween(std::uint64_t one, std::uint64_t other) const {
    const auto first = std::upper_bound(disorders_.begin(), disorders_.end(), std::min(one, other));
    return first != disorders_.end() && *first < std::max(one, other);
}

std::string Judge::name(int process) const {
    const auto& identity = members_[static_cast<std::size_t>(process)].settings->identity;
    return fmt::format("{} ({})", identity.id, identity.session);
}

void Judge::fail(std::string what) {
    if (!violation_) {
        violation_ = std::move(what);
    }
}

}  // namespace elector::simulation
