#pragma once

#include <optional>
#include <string>

#include "elector/election/leadership.h"
#include "elector/election/lease.h"
#include "elector/http/router.h"

namespace elector {

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
    // What does not work though it is ready, in lines; "" where nothing is wrong.
    virtual std::string remarks() const { return ""; }
    // All metrics in the Prometheus text format.
    virtual std::string metrics() const = 0;
};

// /healthz, /readyz, /metrics and /openapi.json, all by GET. `source` outlives the router.
void addStatusRoutes(http::Router& router, const StatusSource& source);

}  // namespace elector
