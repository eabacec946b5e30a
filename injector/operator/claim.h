#pragma once

#include <set>
#include <string>
#include <vector>

#include "injector/operator/pod.h"

// Which workloads may campaign for one Lease.
namespace injector::operators {

// One workload whose Pods campaign for the Lease. Kind and name make a workload: one that was
// deleted and made anew under its name is the same, though its Pods have another owner.
struct Claimant {
    std::string name;                        // `Deployment "web"`: for sentences
    std::vector<OwnerReference> references;  // of what owns its Pods: one for each uid
    std::vector<OwnerReference> pods;        // ordered by uid
    std::set<std::string> serviceAccounts;
    bool shares = false;    // any of its Pods does: during a rollout the old ones do not say so yet
    bool isOrphan = false;  // a Pod without the controller that made it
    WallTime since;         // the oldest of its Pods
};

// The workloads of these Pods, whose facts are known, ordered by kind and name. Of a workload that
// could not be looked up each ServiceAccount is a claimant of its own.
std::vector<Claimant> claimantsOf(const std::vector<PodRecord>& pods);

struct Claims {
    std::vector<Claimant> admitted;  // their ServiceAccounts get the right
    std::vector<Claimant> refused;
    std::string keeper;  // the name of whoever the others have to yield to; "" for no claimants
};

// Who of several workloads gets the Lease: the one that has it already, `recorded` being the
// owners of the Role (its workload, or its Pods), else the one with the oldest Pod. Where that one
// shares the Lease, so do all others that say so too. Nothing is said of orphans with that one's
// ServiceAccounts: these have the right, and the orphans are as a rule about to be its own.
Claims judge(std::vector<Claimant> claimants, const std::vector<OwnerReference>& recorded);

// `Deployment "web"`.
std::string describe(const OwnerReference& workload);

}  // namespace injector::operators
