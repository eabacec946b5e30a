#pragma once

#include <set>
#include <string_view>

#include "injector/operator/pod.h"
#include "injector/operator/reconciler.h"

namespace injector::operators {

// Deletes the Leases that nobody needs: labelled as ours, without a Pod that campaigns for them,
// and expired for a while, as Pods may come back.
//
// Threads: one.
class LeaseSweep {
  public:
    LeaseSweep(Tools tools, elector::runtime::Duration keep) : tools_(tools), keep_(keep) {}

    // `used`: the Leases that Pods campaign for. Returns all that have the label.
    Result<std::set<ObjectKey>> run(const std::set<ObjectKey>& used);

  private:
    Result<Done> visit(const ObjectKey& lease);

    Tools tools_;
    const elector::runtime::Duration keep_;
};

// Until when the whole Lease was, or is, held: the wall clock's time, as its holder wrote it. Of
// one that was never renewed: since when it is there. Nothing where it says neither.
std::optional<WallTime> heldUntil(std::string_view lease);

}  // namespace injector::operators
