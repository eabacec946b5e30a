#include "tests/simulation/knowledge.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <variant>

namespace elector::simulation {

using election::Duration;
using election::Instant;
using election::Lease;
using election::LeaseRecord;

TermKey keyOf(const LeaseRecord& record) {
    return {record.session,
            record.acquireTime ? record.acquireTime->time_since_epoch().count() : 0};
}

void Knowledge::told(const election::Event& event, Instant now) {
    sawRival_ = false;
    sawItGoBack_ = false;
    if (const auto* answered = std::get_if<election::ReadAnswered>(&event)) {
        if (const auto* lease = std::get_if<std::optional<Lease>>(&answered->answer)) {
            read(*lease, readSentAt_, now);
        }
    } else if (const auto* written = std::get_if<election::WriteAnswered>(&event)) {
        const auto* landed = std::get_if<election::Landed>(&written->answer);
        if (landed == nullptr) {
            return;
        }
        if (knowsGone(landed->lease.uid)) {
            learn(landed->lease, now);
        } else if (isNewer(landed->lease) || landed->lease.revision == highest_) {
            accept(landed->lease, now);
        } else {
            learn(landed->lease, now);
        }
    } else if (const auto* listed = std::get_if<election::Listed>(&event)) {
        read(listed->lease, listed->sentAt, now);
    } else if (const auto* changed = std::get_if<election::Changed>(&event)) {
        hinted(changed->lease, now);
    }
}

void Knowledge::read(const std::optional<Lease>& lease, Instant sentAt, Instant now) {
    if (!lease) {
        const bool overtaken = present_ && sentAt < uidAt_;
        if (!overtaken && (present_ || !known_)) {
            known_ = true;
            present_ = false;
            missingAt_ = now;
        }
        return;
    }
    if (known_ && !present_ && sentAt < missingAt_ && (!isNewer(*lease) || knowsGone(lease->uid))) {
        learn(*lease, now);
        return;  // deleted since
    }
    if (highest_ && lease->revision < *highest_) {
        if (sentAt < highestAt_) {
            learn(*lease, now);
            return;
        }
        sawItGoBack_ = true;
        wentBackTo_ = lease->fingerprint;
        wentBackUntil_ = now + settings_.timing.leaseDuration;
    }
    accept(*lease, now);
}

// Rule 9: what is not above all that was seen or written is ignored, and so is what is told of a
// Lease that is gone; but that somebody led under it is known from then on.
void Knowledge::hinted(const Lease& lease, Instant now) {
    if (!isNewer(lease)) {
        learn(lease, now);
        return;
    }
    if (knowsGone(lease.uid)) {
        learn(lease, now);
        return;
    }
    accept(lease, now);
}

// What is known to be of the past still says who led, and under which Lease.
void Knowledge::learn(const Lease& lease, Instant now) {
    if (isHeldForLife(lease)) {
        return;  // and where it is gone, so is its holder (rule 16)
    }
    uids_.emplace(lease.uid, now);
    terms_.emplace(keyOf(lease.record), now);
}

void Knowledge::accept(const Lease& lease, Instant now) {
    if (highest_ != lease.revision) {
        highest_ = lease.revision;
        highestAt_ = now;
    }
    const bool another = last_ != lease.fingerprint || !present_;
    known_ = true;
    present_ = true;
    last_ = lease.fingerprint;
    if (lease.fingerprint != wentBackTo_) {
        wentBackTo_.clear();
    }
    if (uid_ != lease.uid) {
        uid_ = lease.uid;
        uidAt_ = now;
    }
    const LeaseRecord& record = lease.record;
    handOver_ = record.handOver;
    preferred_ = isRelease(record) && record.preferredHolder == settings_.identity.id;
    if (!isRelease(record)) {
        if (another) {
            leftBehind_.clear();
        }
        leftBehind_.insert(record.preferredHolder);
        releasedAt_.reset();
    } else if (releasedAt_ != record.renewTime) {
        releasedAt_ = record.renewTime;
        releaseToldAt_ = now;
        leftTo_ = leftBehind_.contains(record.preferredHolder) ? "" : record.preferredHolder;
    }
    if (isHeldForLife(lease)) {
        believableUntil_[record.holder] = now + 2 * settings_.timing.leaseDuration;
    } else {
        uids_.emplace(lease.uid, now);
    }
    const election::Identity& self = settings_.identity;
    sawRival_ = !isUnheld(record) && (record.holder != self.id || record.session != self.session);
    const bool unheardOf = fingerprints_.insert(lease.fingerprint).second;
    if (!(unheardOf || sawItGoBack_ || (disordered_ && another)) || isUnheld(record)) {
        return;
    }
    Instant& until = believableUntil_[record.holder];
    until = std::max(until, now + durationOf(record));
    if (sawRival_ && record.degraded.empty() &&
        (self.podUid.empty() || !record.session.starts_with(self.podUid + "/"))) {
        ledUntil_ = std::max(ledUntil_, now + durationOf(record));
    }
    terms_.emplace(keyOf(record), now);
}

bool Knowledge::mustWaitFor(const Lease& lease, Instant now) const {
    return lease.fingerprint == wentBackTo_ && now < wentBackUntil_;
}

bool Knowledge::mustLeave(const Lease& lease, Instant now) const {
    return !disordered_ && !leftTo_.empty() && leftTo_ != settings_.identity.id &&
           lease.record.renewTime == releasedAt_ &&
           now < releaseToldAt_ + std::chrono::milliseconds(300);
}

bool Knowledge::isAskedToHandOver(const election::Revision& token) const {
    const auto seen = election::Revision::parse(handOver_.token);
    return disordered_ ||
           (seen && *seen >= token && seen < highest_ && handOver_.from == settings_.identity.id &&
            handOver_.to != settings_.identity.id);
}

bool Knowledge::believes(const std::string& leader, Instant now) const {
    const auto found = believableUntil_.find(leader);
    return found != believableUntil_.end() && now < found->second;
}

bool Knowledge::saw(const TermKey& term, Instant by) const {
    const auto found = terms_.find(term);
    return found != terms_.end() && found->second <= by;
}

bool Knowledge::sawLease(const std::string& uid, Instant by) const {
    const auto found = uids_.find(uid);
    return found != uids_.end() && found->second <= by;
}

bool Knowledge::sawOnly(const std::string& uid, Instant by) const {
    return std::all_of(uids_.begin(), uids_.end(),
                       [&](const auto& seen) { return seen.first == uid || seen.second > by; });
}

bool Knowledge::followsAnother(const std::string& uid, Instant now) const {
    return !disordered_ && !sawOnly(uid, now) && sawLease(uid, now) &&
           now < uids_.at(uid) + settings_.timing.leaseDuration;
}

bool Knowledge::isNewer(const Lease& lease) const {
    return !highest_ || lease.revision > *highest_;
}

Duration Knowledge::durationOf(const LeaseRecord& record) const {
    if (!record.duration || record.duration->count() <= 0) {
        return settings_.timing.leaseDuration;
    }
    // Compared in seconds: a hostile number of them would overflow nanoseconds.
    return std::min(*record.duration, std::chrono::seconds(std::chrono::hours(1)));
}

}  // namespace elector::simulation
