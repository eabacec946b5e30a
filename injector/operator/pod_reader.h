#pragma once

#include "injector/operator/owners.h"
#include "injector/operator/pod_table.h"
#include "injector/operator/reconciler.h"

namespace injector::operators {

// Reads the Pod that `known` is of, and looks up its workload; nothing where it is gone, or another
// has its name. `believed`: the workload that counts where none may be looked up (Forbidden), or
// nullptr.
Result<std::optional<WholePod>> readWhole(LeadingApi& api, Owners& owners, const PodRecord& known,
                                          const OwnerReference* believed);

// Reads of Pods what their metadata does not say, each once, and tells their workloads of those
// that came up without a sidecar, or with one that cannot campaign.
//
// Threads: one.
class PodReader {
  public:
    // All outlive it.
    PodReader(Tools tools, PodTable& pods, Owners& owners)
        : tools_(tools), pods_(pods), owners_(owners) {}

    // Reads the Pod if it was not read yet, and returns what is known of it then: nothing where it
    // is gone.
    Result<std::optional<PodRecord>> read(const ObjectKey& key);

    // Posts an Event where `pod`, which was read, was skipped or missed.
    void announce(const PodRecord& pod);

  private:
    Tools tools_;
    PodTable& pods_;
    Owners& owners_;
};

}  // namespace injector::operators
