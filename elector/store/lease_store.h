#pragma once

#include <functional>
#include <optional>
#include <stop_token>

#include "elector/election/api_error.h"
#include "elector/election/lease.h"
#include "elector/runtime/result.h"

namespace elector::store {

using election::ApiError;
using election::Instant;
using election::Lease;
using election::LeaseKey;
using election::LeaseRecord;
using runtime::Result;
using CallLimits = runtime::Limits;

// What a write was answered.
struct Written {
    Lease lease;           // as it is after the write
    bool created = false;  // 201 rather than 200
};

// What a watch tells. Called by the thread that watches, one call at a time.
class WatchSink {
  public:
    virtual ~WatchSink() = default;
    // A quorum list, sent at `sentAt`, found this Lease, or none.
    virtual void onListed(std::optional<Lease> lease, Instant sentAt) = 0;
    // The Lease was created or changed. A hint: may lag, repeat, go back in time (rule 9).
    virtual void onChanged(Lease lease) = 0;
    // The Lease was deleted: likewise a hint.
    virtual void onDeleted() = 0;
};

// Where Leases live. Three implementations pass one contract suite (tests/contract): Kubernetes
// over HTTPS, a folder, and the tests' own in memory.
//
// Threads: get, create and update are called by one thread at a time, watch by one other thread:
// each of the two has a connection of its own, so that a renewal never waits behind the watch
// (rule 12).
class LeaseStore {
  public:
    virtual ~LeaseStore() = default;

    // A quorum read: never older than the last write that was answered before it was sent.
    // Nothing where there is no such Lease (404).
    virtual Result<std::optional<Lease>> get(const LeaseKey& key, const CallLimits& limits) = 0;

    // Creates the Lease with PUT on its name, without a resourceVersion (rule 10). Where one
    // exists, Invalid (422), and nothing is changed. A 200 cannot be answered to it.
    virtual Result<Written> create(const LeaseKey& key, const LeaseRecord& record,
                                   const CallLimits& limits) = 0;

    // Writes `record` over `base` if the Lease still has base's revision and uid; Conflict if it
    // has not, and if there is none any more (rule 4). All else in base's document is kept as read.
    // Answered created = true if, against the protocol, the server created an object.
    virtual Result<Written> update(const LeaseKey& key, const Lease& base,
                                   const LeaseRecord& record, const CallLimits& limits) = 0;

    // Lists, then watches, and tells `sink`, until the watch ends or `stop` is requested; returns
    // why it ended (Gone where the server just ended it). Whoever wants to go on calls again.
    // `setUp` bounds the list, and the time from the watch's request to the head of its answer.
    virtual ApiError watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                           std::stop_token stop) = 0;
};

}  // namespace elector::store
