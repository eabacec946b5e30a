#pragma once

#include <set>
#include <string>
#include <vector>

#include "injector/operator/claim.h"
#include "injector/operator/pod_reader.h"
#include "injector/operator/rbac.h"

namespace injector::operators {

// Sees to it that the Pods that campaign for a Lease may do so, and nobody else by our doing: a
// Role for the one Lease and a RoleBinding for their ServiceAccounts, owned by their workloads, as
// long as such Pods live. What is not ours by its label is not touched.
//
// Threads: one.
class LeaseRights {
  public:
    // All outlive it.
    LeaseRights(Tools tools, PodTable& pods, PodReader& reader)
        : tools_(tools), pods_(pods), reader_(reader) {}

    Result<Done> reconcile(const ObjectKey& lease);

  private:
    struct Existing {
        std::string document;
        ObjectMeta meta;
    };
    Result<std::optional<Existing>> find(RbacKind kind, const ObjectKey& lease);
    Result<Done> grant(const Grant& grant, const std::optional<Existing>& role,
                       const Claims& claims);
    Result<Done> write(RbacKind kind, const Grant& grant, const std::optional<Existing>& existing,
                       const std::vector<Claimant>& told);
    Result<Done> revoke(const ObjectKey& lease);
    void announceRefusals(const ObjectKey& lease, const Claims& claims);
    void announceSharing(const std::string& space, const std::set<std::string>& accounts);
    void warn(const std::string& space, const std::vector<Claimant>& claimants, const char* reason,
              const std::string& message);

    Tools tools_;
    PodTable& pods_;
    PodReader& reader_;
};

}  // namespace injector::operators
