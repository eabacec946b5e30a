#pragma once

#include <set>

#include "injector/operator/pod.h"
#include "injector/operator/reconciler.h"

namespace injector::operators {

// Marks the Leases of injected Pods as such, by the label names::kManagedByLabel: rules for their
// holders bear on Leases with it, and only such Leases are ever deleted.
//
// Threads: one.
class LeaseLabel {
  public:
    explicit LeaseLabel(Tools tools) : tools_(tools) {}

    // ComeAgain where there is no such Lease yet: the Pods make it, once they may.
    Result<Outcome> reconcile(const ObjectKey& lease);

    // `labelled`: all Leases that have the label. Others are looked at again when next they come.
    void recall(std::set<ObjectKey> labelled) { labelled_ = std::move(labelled); }
    bool has(const ObjectKey& lease) const { return labelled_.contains(lease); }

  private:
    Tools tools_;
    std::set<ObjectKey> labelled_;
};

}  // namespace injector::operators
