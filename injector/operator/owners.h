#pragma once

#include <map>
#include <optional>
#include <string>

#include "injector/operator/leading_api.h"
#include "injector/operator/pod.h"

namespace injector::operators {

// Finds the workloads that made Pods: a ReplicaSet's Deployment, a Job's CronJob; a controller of
// any other kind, known to us or not, is the workload itself, and a Pod without one is its own.
//
// Keeps what it found of ReplicaSets and Jobs: their controllers do not change.
//
// Threads: one.
class Owners {
  public:
    // `api` outlives it.
    explicit Owners(LeadingApi& api) : api_(api) {}

    Result<OwnerReference> workloadOf(const PodRecord& pod);

    // Whether the workload is there, and not on its way out: what such a one owned is deleted, and
    // deleted again if it comes back. Nothing of a kind that we may not read.
    Result<std::optional<bool>> isThere(const std::string& space, const OwnerReference& workload);

    // A few hundred bytes each.
    static constexpr std::size_t kMaxKept = 10'000;

  private:
    Result<OwnerReference> above(const std::string& space, const OwnerReference& owner);

    LeadingApi& api_;
    std::map<std::string, OwnerReference> found_;  // by the uid of what stands below
};

}  // namespace injector::operators
