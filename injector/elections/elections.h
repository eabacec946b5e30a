#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "elector/election/lease.h"
#include "injector/cluster/object_meta.h"

// Every election of a cluster as a watcher sees it: for the dashboard, and for `leader`. Pure:
// knows no API and no clock.
namespace injector::elections {

using cluster::ObjectKey;
using elector::election::Duration;
using elector::election::Instant;
using elector::election::Moment;

// A Pod that asked for a sidecar.
struct Candidate {
    std::string name;
    std::string node;        // "" before it is scheduled
    std::string workload;    // "Deployment web"
    bool campaigns = false;  // it has the sidecar, and is not on its way out
    std::string problem;     // why it has no sidecar, in a few words; "" for none

    bool operator==(const Candidate&) const = default;
};

// Somebody leads whom the watcher did not see leading before.
struct Takeover {
    Instant at;
    std::string to;
    // How the term before it ended: "after a release", "after its predecessor had expired", ...
    std::string how;
};

// Somebody led from one instant to another.
struct Span {
    std::string holder;
    Instant from;
    std::optional<Instant> to;  // nothing: still
};

// One election. What is counted, is counted since the watcher began.
struct Election {
    ObjectKey lease;
    std::string holder;                // "" for nobody, also where a term has expired
    std::string node;                  // where the holder runs; "" where that is not known
    std::string workload;              // "" where no candidate says
    std::optional<Instant> heldSince;  // by the Lease's acquireTime; nothing where nobody leads
    // The fencing token of the term; "" where the watcher did not see the write that began it.
    std::string token;
    std::int64_t term = 0;              // leaseTransitions
    Instant renewed;                    // when the Lease last changed
    Duration duration{};                // how long a term lasts after a renewal
    bool isForLife = false;             // it expires with its Pod, and not by time
    bool isDegraded = false;            // the holder leads, though its program is unhealthy
    std::vector<Candidate> candidates;  // by name
    Duration leaderless{};              // until leaderlessSince
    std::optional<Instant> leaderlessSince;
    std::deque<Takeover> takeovers;  // the latest last
    std::deque<Span> spans;
    std::vector<std::string> warnings;
    std::uint64_t version = 0;  // grows with every change of the table

    std::size_t campaigning() const;
};

// The table of them. Leases are those of electors; a Lease that its candidates do not have yet is
// one that nobody leads.
//
// Threads: the owner's.
class Elections {
  public:
    explicit Elections(Instant began) : began_(began) {}
    // For who looks once: what was before the machine started counts, too.
    Elections() : Elections(Instant::min()) {}

    void put(const ObjectKey& key, const elector::election::Lease& lease, Moment now);
    void remove(const ObjectKey& key, Instant now);
    // `lease`: the name of that for which the Pod campaigns, or would. The candidate has the name
    // of the Pod.
    void putPod(const ObjectKey& pod, const std::string& lease, Candidate candidate, Instant now);
    void removePod(const ObjectKey& pod, Instant now);
    // Ends terms that have expired, and looks whether somebody has to be warned.
    void passTime(Instant now);

    const std::map<ObjectKey, Election>& all() const { return elections_; }
    // Grows by 1 with each change of an election; an election has the version of its last one.
    std::uint64_t version() const { return version_; }
    // Which elections went away after this version; nothing where too many have gone since.
    std::optional<std::vector<ObjectKey>> goneSince(std::uint64_t version) const;
    Instant began() const { return began_; }

    // Nobody leads for so long beyond a term, while Pods campaign: that is no usual take-over.
    static constexpr std::chrono::seconds kPatience{10};
    // More take-overs than this in so long are no accidents; as the alert has it.
    static constexpr std::size_t kManyTakeovers = 5;
    static constexpr std::chrono::minutes kFlapping{15};
    // How many take-overs and spans are remembered of each election.
    static constexpr std::size_t kMaxHistory = 20;

  private:
    struct Tracked {
        std::string fingerprint;  // "": the Lease is not there
        std::string session;
        std::string sessionBefore;
        std::optional<Instant> sessionsAlternate;  // since when
        std::string claimant;  // the holder that the Lease names, also after its term
        bool wasReleased = false;
    };
    Election& at(const ObjectKey& key);
    void touch(Election& election);
    void begin(Election& election, Tracked& tracked, const elector::election::Lease& lease,
               Moment now, bool isFirst);
    void end(Election& election, Instant when);
    bool expire(Election& election, Instant now);
    void refresh(Election& election, Instant now);
    void dropIfEmpty(const ObjectKey& key);

    const Instant began_;
    std::map<ObjectKey, Election> elections_;
    std::map<ObjectKey, Tracked> tracked_;
    std::map<ObjectKey, ObjectKey> leaseOfPod_;
    std::deque<std::pair<std::uint64_t, ObjectKey>> gone_;
    std::uint64_t goneBefore_ = 0;  // what went away until here is not remembered
    std::uint64_t version_ = 0;
};

}  // namespace injector::elections
