#pragma once

#include <chrono>
#include <cstdint>
#include <map>
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
// A namespace has kMostEvents in kSpell at most: whoever fills his own with objects that fail does
// not fill the API server with Events. Where there would be more, a last one says so,
// and none follows but the first of a reason: what is seldom is not hidden by what is frequent.
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

    // How many Events could not be posted so far: whoever wanted one has to look again.
    std::uint64_t missed() const { return missed_; }

    static constexpr std::size_t kMostEvents = 100;
    static constexpr std::chrono::hours kSpell{1};
    // Reasons and uids that are remembered of a namespace; beyond it things may be told again.
    static constexpr std::size_t kMaxKept = 1'000;

  private:
    LeadingApi& api_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::http::MetricFamily& posted_;
    const std::string instance_;  // keeps the names of two processes' Events apart
    std::uint64_t count_ = 0;
    std::uint64_t missed_ = 0;

    // Of one namespace.
    struct Told {
        std::set<std::pair<std::string, std::string>> events;  // reason, what is told
        elector::runtime::Instant since;                       // when the spell began
        std::size_t inSpell = 0;
    };
    void post(const std::string& space, const OwnerReference& object, const char* reason,
              const std::string& message);

    std::map<std::string, Told> told_;
};

}  // namespace injector::operators
