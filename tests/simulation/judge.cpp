#include "tests/simulation/judge.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace elector::simulation {

using election::Instant;
using election::Intent;
using election::Lease;
using election::LeaseRecord;
using election::Revision;

namespace {

std::pair<std::string, std::int64_t> keyOf(const LeaseRecord& record) {
    return {record.session,
            record.acquireTime ? record.acquireTime->time_since_epoch().count() : 0};
}

std::uint64_t Tally::* howOf(const LeaseRecord& before, const election::Identity& identity) {
    if (isRelease(before)) {
        return &Tally::byRelease;
    }
    if (isUnheld(before)) {
        return &Tally::byVacancy;
    }
    if (before.session == identity.session) {
        return &Tally::again;
    }
    const std::string pod = identity.podUid + "/";
    return !identity.podUid.empty() && before.session.starts_with(pod) ? &Tally::byRestart
                                                                       : &Tally::byExpiry;
}

}  // namespace

void Judge::joined(const election::Election& election, const DriftingClock& clock) {
    Member member{};
    member.election = &election;
    member.clock = &clock;
    members_.push_back(std::move(member));
}

void Judge::told(int process, const election::Event& event, Instant now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    if (const auto* read = std::get_if<election::ReadAnswered>(&event)) {
        const auto* lease = std::get_if<std::optional<Lease>>(&read->answer);
        if (lease != nullptr && *lease) {
            toldOf(member, **lease, now, false);
        }
    } else if (const auto* written = std::get_if<election::WriteAnswered>(&event)) {
        if (const auto* landed = std::get_if<election::Landed>(&written->answer)) {
            toldOf(member, landed->lease, now, false);
        }
    } else if (const auto* listed = std::get_if<election::Listed>(&event)) {
        if (listed->lease) {
            toldOf(member, *listed->lease, now, false);
        }
    } else if (const auto* changed = std::get_if<election::Changed>(&event)) {
        toldOf(member, changed->lease, now, true);
    }
}

void Judge::toldOf(Member& member, const Lease& lease, Instant now, bool hint) {
    if (hint && member.highest && lease.revision <= *member.highest) {
        return;  // rule 9
    }
    if (!member.highest || lease.revision > *member.highest) {
        member.highest = lease.revision;
    }
    member.uidsSeen.emplace(lease.uid, now);
    if (!member.fingerprints.insert(lease.fingerprint).second || isUnheld(lease.record)) {
        return;
    }
    Instant& until = member.believableUntil[lease.record.holder];
    until = std::max(until, now + lease.record.duration.value_or(std::chrono::seconds(0)));
    member.termsSeen.emplace(keyOf(lease.record), now);
}

void Judge::asked(int process, Call& call, const election::Moment& now) const {
    const Member& member = members_[static_cast<std::size_t>(process)];
    call.process = process;
    call.sentAt = now.boot;
    const auto& term = member.election->standing().term;
    if (term && term->isValidAt(now)) {
        call.wasLeading = true;
        const auto found = acquisitions_.find(term->token);
        call.termUid = found == acquisitions_.end() ? std::string() : found->second.uid;
    }
}

void Judge::landed(const Call& call, const election::Landed& landed) {
    Member& member = members_[static_cast<std::size_t>(call.process)];
    const Intent intent = call.write->intent;
    const std::string& uid = landed.lease.uid;
    if (intent == Intent::Create) {
        member.ownCreations.insert(uid);
        return;
    }
    if (intent == Intent::Release) {
        lastReleaseLanded_ = now_;
        return;
    }
    lastRenewalLanded_ = now_;
    member.landedSentAt = std::max(member.landedSentAt.value_or(call.sentAt), call.sentAt);
    if (intent != Intent::Acquire) {
        return;
    }
    const election::Settings& settings = member.election->settings();
    acquisitions_.emplace(
        landed.lease.revision,
        Acquisition{call.process, uid, keyOf(landed.lease.record), settings.timing.leaseDuration,
                    howOf(call.write->base->record, settings.identity)});
    const bool sawOnlyThis = std::all_of(
        member.uidsSeen.begin(), member.uidsSeen.end(),
        [&](const auto& seen) { return seen.first == uid || seen.second > call.sentAt; });
    const bool fresh = member.ownCreations.contains(uid) && sawOnlyThis &&
                       settings.onMissing == election::OnMissing::Create;
    Root::How how = fresh ? Root::How::Fresh : Root::How::Waited;
    if (call.wasLeading) {
        how = Root::How::Sitting;
    }
    roots_.emplace(uid, Root{how, call.process, call.termUid, call.sentAt});
}

void Judge::stepped(int process) {
    Member& member = members_[static_cast<std::size_t>(process)];
    const auto& term = member.election->standing().term;
    if (!term) {
        return;
    }
    const Duration deadline = member.election->settings().timing.renewDeadline;
    if (!member.landedSentAt || term->validUntil > *member.landedSentAt + deadline) {
        fail(
            fmt::format("rule 1: {} leads for more than D after it sent the last write that landed",
                        name(process)));
    }
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
    ++tally_.terms;
    ++(tally_.*own.how);
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
    const std::string& ownId = member.election->settings().identity.id;
    if (answer.isLeader != (answer.leader == ownId)) {
        fail(fmt::format("rule 15: {} names itself without leading, or another while leading",
                         name(process)));
    }
    if (answer.isLeader || answer.leader.empty()) {
        return;
    }
    const auto believable = member.believableUntil.find(answer.leader);
    if (believable == member.believableUntil.end() || now >= believable->second) {
        fail(fmt::format("S2: {} names {}, a leader from the past", name(process), answer.leader));
    }
}

void Judge::saidNo(int process) {
    Member& member = members_[static_cast<std::size_t>(process)];
    member.withheld = true;
    member.ended = member.election->standing().term->token.text() == member.token;
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
    for (std::size_t i = 0; i < leading_.size(); ++i) {
        for (std::size_t j = i + 1; j < leading_.size(); ++j) {
            compare(leading_[i], leading_[j]);
        }
    }
}

void Judge::collect(int process, Duration now) {
    Member& member = members_[static_cast<std::size_t>(process)];
    const auto& term = member.election->standing().term;
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
        const auto& term = member.election->standing().term;
        if (!member.gone && term && term->isValidAt(member.clock->at(now))) {
            return static_cast<int>(i);
        }
    }
    return std::nullopt;
}

void Judge::compare(const Claimant& left, const Claimant& right) {
    const auto first = acquisitions_.find(left.token);
    const auto second = acquisitions_.find(right.token);
    if (first == acquisitions_.end() || second == acquisitions_.end()) {
        return;  // told as a violation already
    }
    const Tolerance tolerance = toleranceOf(first->second, second->second);
    if (tolerance == Tolerance::None) {
        fail(fmt::format("S1: {} (token {}, {}) and {} (token {}, {}) lead at once",
                         name(left.process), first->first.text(), first->second.uid,
                         name(right.process), second->first.text(), second->second.uid));
        return;
    }
    if (tolerated_.emplace(first->first.text(), second->first.text()).second) {
        ++(tolerance == Tolerance::Fresh ? tally_.freshExceptions : tally_.raisedExceptions);
    }
}

// After a deletion two lines of leaders may live side by side in exactly two cases: the line under
// a newer uid was begun by a process that made the Lease and had never seen it; or by one that
// waited, and never saw a record of the term whose L is longer than it knew.
Judge::Tolerance Judge::toleranceOf(const Acquisition& left, const Acquisition& right) const {
    std::string uids[2] = {left.uid, right.uid};
    const Acquisition* sides[2] = {&left, &right};
    const auto number = [](const std::string& uid) { return std::stoull(uid.substr(1)); };
    while (uids[0] != uids[1]) {
        const std::size_t newer = number(uids[0]) > number(uids[1]) ? 0 : 1;
        const auto found = roots_.find(uids[newer]);
        if (found == roots_.end()) {
            return Tolerance::None;
        }
        const Root& root = found->second;
        if (root.how == Root::How::Fresh) {
            return Tolerance::Fresh;
        }
        if (root.how == Root::How::Waited) {
            const Acquisition& other = *sides[1 - newer];
            const Duration own = members_[static_cast<std::size_t>(root.process)]
                                     .election->settings()
                                     .timing.leaseDuration;
            return other.lease > own && !sawTerm(root, other) ? Tolerance::Raised : Tolerance::None;
        }
        uids[newer] = root.previousUid;  // its term went on under the new uid
    }
    return Tolerance::None;
}

bool Judge::sawTerm(const Root& root, const Acquisition& other) const {
    const auto& seen = members_[static_cast<std::size_t>(root.process)].termsSeen;
    const auto found = seen.find(other.key);
    return found != seen.end() && found->second <= root.askedAt;
}

std::string Judge::name(int process) const {
    const auto& identity =
        members_[static_cast<std::size_t>(process)].election->settings().identity;
    return fmt::format("{} ({})", identity.id, identity.session);
}

void Judge::fail(std::string what) {
    if (!violation_) {
        violation_ = std::move(what);
    }
}

}  // namespace elector::simulation
