#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "elector/election/instant.h"
#include "elector/election/lease.h"
#include "elector/election/own_writes.h"
#include "elector/election/timing.h"

namespace elector::election {

// What a record means to this process.
enum class Claim {
    Ours,      // a write that this process sent: nobody else can be leading under it
    SamePod,   // our predecessor's in this Pod, whose death the kernel has confirmed (rule 6)
    Released,  // nobody's, by a proper release (rule 5)
    Unheld,    // nobody's, for any other reason: vacant (rule 8)
    Rival,     // somebody else's
};

// What became of something that was told about the Lease.
enum class News {
    Ignored,   // older than what is known
    Same,      // nothing that matters changed
    Changed,   // uid, spec or session changed
    WentBack,  // a quorum read is older than what was read before: a restored backup (rule 7)
};

// What this process knows of the Lease, and from when on it may take it. Pure bookkeeping of rules
// 2, 5, 6, 7, 8 and 9: it counts from when news is *processed*, never from a remote clock.
class Observation {
  public:
    Observation(const Identity& identity, const OwnWrites& ownWrites, Duration ownLeaseDuration)
        : identity_(identity), ownWrites_(ownWrites), ownDuration_(ownLeaseDuration) {}

    // A quorum read that was sent at `sentAt` found the Lease. It counts whatever its revision,
    // unless something newer was learnt after it was sent.
    News found(Lease lease, Instant sentAt, Instant now);
    // A quorum read found no Lease: none of a uid that was seen before the read was sent exists any
    // more. Ignored if the Lease was seen first after it was sent.
    News missing(Instant sentAt, Instant now);
    // A watch showed the Lease: ignored unless it is newer than all that was seen or written, and
    // while a quorum read says that just this Lease (by its uid) is gone.
    News hinted(Lease lease, Instant now);
    // An own write was answered with this Lease. Ignored if something newer was seen meanwhile, or
    // if the Lease is known to be gone: the write landed, and nothing begins or goes on by it.
    News wrote(Lease lease, Instant now);
    // True if a read has found no Lease since `instant`.
    bool foundNoneSince(Instant instant) const { return noneAt_ && *noneAt_ > instant; }
    // An own creation was answered in time, by a process that had never seen this Lease: nobody
    // can have led under a Lease that nobody saw, so it need not wait (rule 8).
    void takeOwnVacancy(Instant now) { freeAt_ = now; }

    // True once the Lease's state, present or missing, was told by a quorum read.
    bool isKnown() const { return known_; }
    // Not so if all that was seen was held for life, and is gone.
    bool everSeen() const { return !uid_.empty() && !isForgotten_; }
    // True once Leases of different uids were seen: one was deleted, and may have had a leader.
    bool sawAnother() const { return sawAnother_; }
    // Nothing where the Lease is missing, or nothing is known yet.
    const std::optional<Lease>& lease() const { return lease_; }
    Claim claim() const { return claim_; }  // REQUIRES: lease()
    // True while another holds the Lease for life: nothing but its deletion makes it free (rule
    // 16).
    bool isForLife() const { return lease_ && isHeldForLife(*lease_); }

    // The earliest instant at which a candidate may write itself over the record, and at which a
    // term may begin by such a write: what was learnt while it was under way counts as well. Never,
    // Instant::max(), for one that is held for life.
    Instant freeAt() const { return freeAt_; }
    // Until when the record's holder can be believed to lead: its duration after the last change.
    // Of one for life, which does not change, twice the own lease duration after it was last seen.
    Instant heldUntil() const { return heldUntil_; }
    // When the Lease was last heard of at all.
    std::optional<Instant> heardAt() const { return heardAt_; }

    // For the record of a Lease to be created: transitions go on, and the duration is the longest
    // that anybody may still be counting.
    std::int64_t lastTransitions() const { return lastTransitions_; }
    Duration longestDuration() const;

  private:
    News accept(Lease lease, Instant now, bool wentBack);
    void forgetOneForLife();
    Claim classify(const Lease& lease) const;
    Duration recordedDuration(const LeaseRecord& record) const;
    bool isNewerThanSeen(const Revision& revision) const { return !seen_ || revision > *seen_; }
    bool isKnownGone(const Lease& lease) const { return known_ && !lease_ && lease.uid == uid_; }
    News ignore(const Lease& lease);
    void advance(const Revision& revision, Instant now);

    const Identity& identity_;
    const OwnWrites& ownWrites_;
    const Duration ownDuration_;

    bool known_ = false;
    std::optional<Lease> lease_;
    Claim claim_ = Claim::Rival;
    std::string uid_;                // last seen, kept while the Lease is missing
    Instant uidAt_;                  // when that uid was first seen
    std::optional<Instant> noneAt_;  // when a read last found no Lease
    bool sawAnother_ = false;
    bool sawMortal_ = false;    // a Lease that was not held for life: who led by it may lead on
    bool isForgotten_ = false;  // the Lease with that uid counts as never seen; it is gone
    // The highest revision seen or written, and when that was learnt: whatever was sent later must
    // not be older.
    std::optional<Revision> seen_;
    Instant advancedAt_;
    Instant changedAt_;
    Instant freeAt_;
    Instant heldUntil_;
    // Until when somebody may lead under a Lease that was deleted since, having not heard of it. It
    // is waited for whatever becomes of the present Lease: its record may last for less, its holder
    // may release it, and a write of this process over it may be under way.
    Instant formerUntil_;
    std::optional<Instant> heardAt_;
    Duration lastDuration_{0};
    std::int64_t lastTransitions_ = 0;
};

}  // namespace elector::election
