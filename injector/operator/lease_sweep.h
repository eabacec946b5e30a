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

    // The Leases that have the label: all, or kMostOfSpace of a namespace. Whoever may write Leases
    // may write any number of them with it; those that are left out have their turn when others of
    // their namespace are gone.
    Result<std::set<ObjectKey>> list();
    // Looks at one for which no Pod campaigns, and deletes it if it is time.
    Result<Done> visit(const ObjectKey& lease);

    // Twice as many as get rights there.
    static constexpr std::size_t kMostOfSpace = 2'000;

  private:
    Tools tools_;
    const elector::runtime::Duration keep_;
};

// Until when the whole Lease was, or is, held: the wall clock's time, as its holder wrote it. Of
// one that was never renewed: since when it is there. Nothing where it says neither.
std::optional<WallTime> heldUntil(std::string_view lease);

}  // namespace injector::operators
