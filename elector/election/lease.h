#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "elector/election/instant.h"
#include "elector/election/revision.h"

// A coordination.k8s.io/v1 Lease as values. What a store reads and writes.
namespace elector::election {

// Which Lease. Ordered, so that campaigns can be kept by key.
struct LeaseKey {
    std::string space;  // the Kubernetes namespace
    std::string name;

    auto operator<=>(const LeaseKey&) const = default;
    std::string text() const { return space + "/" + name; }
};

// A hand-over that somebody asks the leader for (rule 18): the annotation
// leader-elector.io/hand-over.
struct HandOver {
    std::string from;   // the leader that is asked
    std::string token;  // a version of the Lease within its term: its fencing token, or a later one
    std::string to;     // the candidate to prefer
    std::string
        text;  // of the annotation; "" where it is absent. The others are "" where it is odd

    bool operator==(const HandOver&) const = default;
};

// The fields of a Lease that an elector reads and writes: spec, and our annotations.
struct LeaseRecord {
    std::string holder;   // spec.holderIdentity; "" where absent or null
    std::string session;  // annotation leader-elector.io/session: POD_UID/NONCE; "" where absent
    // spec.leaseDurationSeconds; nothing where it is absent or no positive 64-bit integer.
    std::optional<std::chrono::seconds> duration;
    std::optional<WallTime> acquireTime;
    std::optional<WallTime> renewTime;
    std::int64_t transitions = 0;  // spec.leaseTransitions; 0 where absent or negative
    // Annotation leader-elector.io/degraded: kDegraded by a leader whose program is unhealthy,
    // something else once a healthy candidate asks it for the Lease; "" where absent.
    std::string degraded;
    // Annotation leader-elector.io/preferred-holder, of a release: who is to come next (rule 18).
    std::string preferredHolder;
    HandOver handOver;

    bool operator==(const LeaseRecord&) const = default;
};

inline constexpr const char* kDegraded = "true";

// A Lease as a store answered it.
struct Lease {
    std::string uid;
    Revision revision;
    LeaseRecord record;
    // Equal for two answers exactly where uid, whole spec (foreign fields too) and our session
    // annotation are equal: what counts as a change (rule 2). Opaque.
    std::string fingerprint;
    // What is odd about the record, for the log: each a phrase such as "spec.leaseDurationSeconds
    // is \"ten\", not a number". Empty for a proper record. Bounded and escaped by the store.
    std::vector<std::string> oddities;
    // The object as read, for the store's own use: an update is written into it, so that foreign
    // labels, annotations and spec fields survive (rule 11). Opaque.
    std::string document;
    // A Pod is among its owners: the garbage collector deletes the Lease once all of them are gone.
    bool ownedByPod = false;
};

// The holder to show: "" for a Lease that nobody holds, vacant ones included.
std::string shownHolder(const LeaseRecord& record);

// True for a record that nobody holds: no holder, or the reserved vacant one.
bool isUnheld(const LeaseRecord& record);

// True where the holder is asked for the Lease because its program is unhealthy (rule 17).
bool isAskedFor(const LeaseRecord& record);

// True for a Lease that is held for life (rule 16): for as long as the Pod lives that owns it. Its
// holder renews nothing.
bool isHeldForLife(const Lease& lease);

// True for the record that a proper release leaves behind: no holder, one second, both times set
// (rule 5; client-go releases in the same form).
bool isRelease(const LeaseRecord& record);

}  // namespace elector::election
