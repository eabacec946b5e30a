#include "elector/election/observation.h"

#include <algorithm>
#include <utility>

namespace elector::election {

News Observation::found(Lease lease, Instant sentAt, Instant now) {
    // It was answered before the Lease was deleted, as another read has shown. Of a newer Lease
    // that is not certain: it counts, and whoever asked asks again.
    const bool overtaken = known_ && !lease_ && sentAt < changedAt_ &&
                           (isKnownGone(lease) || !isNewerThanSeen(lease.revision));
    known_ = true;
    heardAt_ = now;
    if (overtaken) {
        return ignore(lease);
    }
    const bool older = seen_ && lease.revision < *seen_;
    if (!older) {
        return accept(std::move(lease), now, false);
    }
    if (sentAt < advancedAt_) {
        return ignore(lease);
    }
    return accept(std::move(lease), now, true);
}

News Observation::missing(Instant sentAt, Instant now) {
    heardAt_ = now;
    if (lease_ && sentAt < uidAt_) {
        return News::Ignored;
    }
    noneAt_ = now;
    if (known_ && !lease_) {
        return News::Same;
    }
    known_ = true;
    forgetOneForLife();
    lease_.reset();
    changedAt_ = now;
    return News::Changed;
}

News Observation::hinted(Lease lease, Instant now) {
    if (!isNewerThanSeen(lease.revision) || isKnownGone(lease)) {
        return ignore(lease);
    }
    heardAt_ = now;
    return accept(std::move(lease), now, false);
}

News Observation::wrote(Lease lease, Instant now) {
    heardAt_ = now;
    if (isKnownGone(lease) || (seen_ && lease.revision < *seen_)) {
        return ignore(lease);
    }
    known_ = true;
    return accept(std::move(lease), now, false);
}

// What is of the past says that there was another Lease, and perhaps who led under it and leads on
// because it has not heard of the deletion: that costs nothing but time.
News Observation::ignore(const Lease& lease) {
    if (isHeldForLife(lease)) {
        return News::Ignored;  // its holder ended before it was deleted
    }
    sawMortal_ = true;
    isForgotten_ = false;
    lastDuration_ = std::max(lastDuration_, recordedDuration(lease.record));
    if (lease.uid == uid_) {
        return News::Ignored;
    }
    sawAnother_ = true;
    if (lease_) {
        // It was deleted before the present one was made, and so before that was first seen. Even
        // the process that made that is no newcomer any more: it waits as all others do.
        formerUntil_ = std::max(formerUntil_, uidAt_ + longestDuration());
        freeAt_ = std::max(freeAt_, formerUntil_);
    }
    return News::Ignored;
}

// A Lease that was held for life is gone, and with it the Pod of the only leader that this process
// has ever heard of: it knows as little as at its start, but that this one is gone.
void Observation::forgetOneForLife() {
    if (isForLife() && !sawMortal_) {
        isForgotten_ = true;
    }
}

News Observation::accept(Lease lease, Instant now, bool wentBack) {
    if (lease.uid != uid_) {
        forgetOneForLife();
    }
    const bool firstSight = !everSeen();
    const bool newUid = !firstSight && uid_ != lease.uid;
    const bool changed = !lease_ || lease_->fingerprint != lease.fingerprint || newUid ||
                         isHeldForLife(*lease_) != isHeldForLife(lease);
    const Duration recorded = recordedDuration(lease.record);
    advance(lease.revision, now);
    lease_ = std::move(lease);
    sawMortal_ = sawMortal_ || !isForLife();
    if (isForLife()) {
        heldUntil_ = now + 2 * ownDuration_;  // nothing but reads comes, one in 2 P
    }
    if (!changed && !wentBack) {
        return News::Same;
    }

    if (firstSight || newUid) {
        uid_ = lease_->uid;
        uidAt_ = now;
        isForgotten_ = false;
    }
    sawAnother_ = sawAnother_ || newUid;
    claim_ = classify(*lease_);
    changedAt_ = now;
    lastTransitions_ = lease_->record.transitions;
    const Duration longest = std::max({ownDuration_, lastDuration_, recorded});
    if (claim_ == Claim::Unheld) {
        // Somebody may still lead under a Lease deleted before: nobody has held this one.
        lastDuration_ = std::max(lastDuration_, recorded);
    } else if (claim_ != Claim::Released) {
        lastDuration_ = recorded;  // a release's one second says nothing of the holder's lease
    }
    if (!isForLife()) {
        heldUntil_ = claim_ == Claim::Rival ? now + recorded : now;
    }
    if (wentBack || newUid) {
        formerUntil_ = std::max(formerUntil_, now + longest);
    }
    const Instant unheldUntil = claim_ == Claim::Unheld ? now + longest : heldUntil_;
    freeAt_ = isForLife() ? Instant::max() : std::max(formerUntil_, unheldUntil);
    return wentBack ? News::WentBack : News::Changed;
}

Claim Observation::classify(const Lease& lease) const {
    const LeaseRecord& record = lease.record;
    if (isRelease(record)) {
        return Claim::Released;
    }
    if (isUnheld(record)) {
        return Claim::Unheld;
    }
    if (ownWrites_.find(record) != nullptr) {
        return Claim::Ours;
    }
    const bool samePod = !isHeldForLife(lease) && record.holder == identity_.id &&
                         !identity_.podUid.empty() && record.session != identity_.session &&
                         record.session.starts_with(identity_.podUid + "/");
    return samePod ? Claim::SamePod : Claim::Rival;
}

Duration Observation::recordedDuration(const LeaseRecord& record) const {
    if (!record.duration || record.duration->count() <= 0) {
        return ownDuration_;
    }
    // Compared in seconds: a hostile number of them would overflow nanoseconds.
    const auto most = std::chrono::duration_cast<std::chrono::seconds>(kLongestLease);
    return std::min(*record.duration, most);
}

Duration Observation::longestDuration() const {
    return std::max(ownDuration_, lastDuration_);
}

void Observation::advance(const Revision& revision, Instant now) {
    if (seen_ != revision) {
        seen_ = revision;
        advancedAt_ = now;
    }
}

}  // namespace elector::election
