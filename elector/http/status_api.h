#pragma once

#include <optional>
#include <string>

#include "elector/election/leadership.h"
#include "elector/election/lease.h"
#include "elector/http/router.h"

namespace elector::http {

// What an elector has to say about itself. Called in the server's loop: nothing here may wait.
class StatusSource {
  public:
    virtual ~StatusSource() = default;
    virtual const std::string& id() const = 0;
    virtual const election::LeaseKey& lease() const = 0;
    // As of now: the clocks are read by this call (S2).
    virtual election::Answer answer() const = 0;
    // Why it is not live, in one line; nothing where it is.
    virtual std::optional<std::string> notLive() const = 0;
    // Why it is not ready, likewise.
    virtual std::optional<std::string> notReady() const = 0;
    // All metrics in the Prometheus text format.
    virtual std::string metrics() const = 0;
};

// The elector's API: /api/leader, /healthz, /readyz, /metrics and /, all by GET. `source` outlives
// the router. The body of /api/leader:
//   {"leader":"web-0","id":"web-0","isLeader":true,"lease":"default/web","fencingToken":"17",
//    "leaseUID":"...","transitions":3,"acquireTime":"2026-01-02T03:04:05.000006Z",
//    "renewTime":"...","validForMs":4200}
// Times are null where there are none, texts "". While something keeps the elector from reading or
// writing the Lease, "trouble" says what, in a sentence; else there is no such member.
void addStatusRoutes(Router& router, const StatusSource& source);

}  // namespace elector::http
