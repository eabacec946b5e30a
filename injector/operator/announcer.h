#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <utility>

#include "elector/http/metrics.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/operator/leading_api.h"
#include "injector/operator/pod.h"

namespace injector::operators {

// Posts Events on workloads, where people look who ask why something does not work: each reason
// once for each object while this replica leads. Best effort: what cannot be posted is posted when
// its cause is looked at again.
//
// Threads: one.
class Announcer {
  public:
    // All outlive it. `posted` counts by reason.
    Announcer(LeadingApi& api, const elector::runtime::Clock& clock,
              const elector::runtime::Log& log, elector::http::MetricFamily& posted);

    // A Warning on `object`, in its namespace. `message` is a sentence; it may hold foreign text.
    void warn(const std::string& space, const OwnerReference& object, const char* reason,
              const std::string& message);

    // Reasons and uids that are remembered; beyond it things may be told again.
    static constexpr std::size_t kMaxKept = 10'000;

  private:
    LeadingApi& api_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::http::MetricFamily& posted_;
    const std::string instance_;  // keeps the names of two processes' Events apart
    std::uint64_t count_ = 0;
    std::set<std::pair<std::string, std::string>> told_;  // reason, uid
};

}  // namespace injector::operators
