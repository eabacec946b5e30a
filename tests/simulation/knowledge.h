#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "elector/election/election.h"

namespace elector::simulation {

// What tells one term's records from another's: session and acquireTime.
using TermKey = std::pair<std::string, std::int64_t>;
TermKey keyOf(const election::LeaseRecord& record);

// What one process was told of the Lease, and what follows from that by the rules; written apart
// from the election, which is judged by it.
class Knowledge {
  public:
    explicit Knowledge(const election::Settings& settings) : settings_(settings) {}

    // It sent a read.
    void asked(election::Instant now) { readSentAt_ = now; }
    // It is told something, at `now` by its own clock.
    void told(const election::Event& event, election::Instant now);
    // The Lease was written past the rules: from now on what was told before may come true again.
    void disorder() { disordered_ = true; }

    // Of the last event: it showed that another holds the Lease; or a Lease older than one that
    // was known before. Either ends a term (rules 3 and 7).
    bool sawRival() const { return sawRival_; }
    bool sawItGoBack() const { return sawItGoBack_; }
    // True for a Lease that a read has shown to be gone, or another to have followed.
    bool knowsGone(const std::string& uid) const { return known_ && !present_ && uid == uid_; }
    // True for a Lease that another is known to have come before, and that was seen first less than
    // the lease duration ago: who led under the other may lead on (rule 8).
    bool followsAnother(const std::string& uid, election::Instant now) const;
    // True for a Lease that had gone back when it was first seen, and was seen for less than the
    // lease duration: it is not to be taken (rule 7).
    bool mustWaitFor(const election::Lease& lease, election::Instant now) const;

    // True for a release that prefers another, told of less than 300 ms ago (rule 18).
    bool mustLeave(const election::Lease& lease, election::Instant now) const;
    // True if the Lease, as it was told of it last, is a release that prefers this process.
    bool isPreferred() const { return preferred_; }
    // True if the Lease, as it was told of it last, asks it to hand over its term of that token.
    bool isAskedToHandOver(const election::Revision& token) const;

    // True if it was told within the holder's lease duration that `leader` holds the Lease.
    bool believes(const std::string& leader, election::Instant now) const;
    // Until when it has been told that another leads whose program is healthy.
    election::Instant ledUntil() const { return ledUntil_; }
    // True if it was told of a record of that term by then.
    bool saw(const TermKey& term, election::Instant by) const;
    // True if it was told of the Lease with that uid by then.
    bool sawLease(const std::string& uid, election::Instant by) const;
    // True if it was told of no Lease but the one with that uid by then.
    bool sawOnly(const std::string& uid, election::Instant by) const;

  private:
    void read(const std::optional<election::Lease>& lease, election::Instant sentAt,
              election::Instant now);
    void hinted(const election::Lease& lease, election::Instant now);
    void learn(const election::Lease& lease, election::Instant now);
    void accept(const election::Lease& lease, election::Instant now);
    bool isNewer(const election::Lease& lease) const;
    election::Duration durationOf(const election::LeaseRecord& record) const;

    const election::Settings& settings_;
    election::Instant readSentAt_;
    bool known_ = false;
    bool present_ = false;
    std::string uid_;  // last told
    election::Instant uidAt_;
    std::optional<election::Revision> highest_;
    election::Instant highestAt_;
    election::Instant missingAt_;
    bool sawRival_ = false;
    bool sawItGoBack_ = false;
    std::string wentBackTo_;  // a fingerprint
    election::Instant wentBackUntil_;
    bool disordered_ = false;
    std::string last_;  // fingerprint
    election::HandOver handOver_;
    bool preferred_ = false;
    std::set<std::string> leftBehind_;  // preferences in what was told last, and was no release
    std::optional<election::WallTime> releasedAt_;  // renewTime of the release told of last
    election::Instant releaseToldAt_;
    std::string leftTo_;  // whom that preferred then, and nobody had before
    std::unordered_set<std::string> fingerprints_;
    std::unordered_map<std::string, election::Instant> believableUntil_;  // by holder
    election::Instant ledUntil_;
    std::map<TermKey, election::Instant> terms_;
    std::map<std::string, election::Instant> uids_;
};

}  // namespace elector::simulation
