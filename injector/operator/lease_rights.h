#pragma once

#include <set>
#include <string>
#include <vector>

#include "injector/operator/claim.h"
#include "injector/operator/leases.h"
#include "injector/operator/owners.h"
#include "injector/operator/pod_table.h"
#include "injector/operator/rbac.h"

namespace injector::operators {

// Sees to it that the Pods that campaign for a Lease may do so, and nobody else by our doing: a
// Role for the one Lease and a RoleBinding for their ServiceAccounts, owned by their workloads, as
// long as such Pods live. What is not ours by its label is not touched. Before anybody gets the
// right, the Lease is there and ours; where somebody else elects by it, nobody gets any.
//
// Pods may outlive their workload for a while, in which they end in order, by right. What the
// workload owned is deleted with it, so that rights that are given then are owned by the Pods.
//
// Threads: one.
class LeaseRights {
  public:
    // All outlive it.
    LeaseRights(Tools tools, PodTable& pods, Owners& owners, Leases& leases)
        : tools_(tools), pods_(pods), owners_(owners), leases_(leases) {}

    // ComeAgain where something about the Lease itself is awaited.
    Result<Outcome> reconcile(const ObjectKey& lease);

    // A Role or a RoleBinding as it is.
    struct Existing {
        std::string document;
        ObjectMeta meta;
    };
    // Workloads that are gone and remembered; beyond it they are looked for again.
    static constexpr std::size_t kMaxKept = 10'000;
    // Leases of one namespace on which rights are given: each makes three objects that everybody's
    // API server keeps.
    static constexpr std::ptrdiff_t kMaxLeases = 1'000;

  private:
    struct Pair {
        std::optional<Existing> role;
        std::optional<Existing> binding;
    };
    Result<std::optional<Existing>> find(RbacKind kind, const ObjectKey& lease);
    Result<Pair> findBoth(const ObjectKey& lease);
    Grant grantOf(const ObjectKey& lease, const std::vector<Claimant>& admitted) const;
    Result<Done> findLost(const Grant& grant, bool wereDeleted);
    Result<Done> give(const Grant& grant, const Pair& existing, const Claims& claims);
    Result<Done> replace(const Grant& grant, const Existing& binding);
    Result<Done> write(RbacKind kind, const Grant& grant, const std::optional<Existing>& existing,
                       const std::vector<Claimant>& told);
    Result<Done> revoke(const ObjectKey& lease);
    bool isOneTooMany(const ObjectKey& lease) const;
    // Where the Lease is somebody else's, or may be.
    Result<Outcome> yield(const ObjectKey& lease, const Pair& existing, const Claims& claims,
                          const Leases::Standing& standing);
    void announceRefusals(const ObjectKey& lease, const Claims& claims);
    void announceSharing(const std::string& space, const std::set<std::string>& accounts);
    void warn(const std::string& space, const std::vector<Claimant>& claimants, const char* reason,
              const std::string& message);

    Tools tools_;
    PodTable& pods_;
    Owners& owners_;
    Leases& leases_;
    // Leases on which rights are given, as last seen; and the uids of workloads that are gone.
    std::set<ObjectKey> given_;
    std::set<std::string> lost_;
};

}  // namespace injector::operators
