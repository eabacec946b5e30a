#pragma once

#include <string>

#include "elector/kubernetes/access.h"
#include "elector/kubernetes/client.h"
#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"

namespace elector::store {

// Leases of a Kubernetes API server. Requests and the watch have a connection each; what a
// permission is missing for is told with the rule that a Role needs.
class KubernetesStore final : public LeaseStore {
  public:
    // `clock` must outlive the store.
    KubernetesStore(const kubernetes::Access& access, const runtime::Clock& clock);

    Result<std::optional<Lease>> get(const LeaseKey& key, const CallLimits& limits) override;
    Result<Written> create(const LeaseKey& key, const LeaseRecord& record,
                           const CallLimits& limits) override;
    Result<Written> update(const LeaseKey& key, const Lease& base, const LeaseRecord& record,
                           const CallLimits& limits) override;
    ApiError watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                   std::stop_token stop) override;

  private:
    Result<Written> put(const LeaseKey& key, std::string body, const char* verb,
                        const CallLimits& limits);
    // Lists, tells `sink`, and answers the list's resourceVersion.
    Result<std::string> list(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                             const std::stop_token& stop);

    const runtime::Clock& clock_;
    kubernetes::Client requests_;  // of the thread that gets and writes
    kubernetes::Client watching_;  // of the thread that watches
};

}  // namespace elector::store
