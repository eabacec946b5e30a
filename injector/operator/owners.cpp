#include "injector/operator/owners.h"

#include <array>
#include <span>

#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

using Kinds = std::span<const cluster::Resource* const>;

// The kinds that stand between a Pod and its workload.
constexpr std::array<const cluster::Resource*, 2> kBetween{&cluster::kReplicaSets, &cluster::kJobs};
// Those that we may read.
constexpr std::array<const cluster::Resource*, 7> kReadable{
    &cluster::kDeployments, &cluster::kReplicaSets, &cluster::kStatefulSets, &cluster::kDaemonSets,
    &cluster::kJobs,        &cluster::kCronJobs,    &cluster::kPods};

// Which of these the owner is; nullptr: none.
const cluster::Resource* kindAmong(Kinds kinds, const OwnerReference& owner) {
    for (const auto* resource : kinds) {
        if (owner.apiVersion == resource->apiVersion && owner.kind == resource->kind) {
            return resource;
        }
    }
    return nullptr;
}

}  // namespace

Result<OwnerReference> Owners::workloadOf(const PodRecord& pod) {
    if (!pod.controller) {
        return ownReference(pod);
    }
    auto workload = above(pod.key.space, *pod.controller);
    if (workload) {
        workload.value().isController = false;
    }
    return workload;
}

Result<OwnerReference> Owners::above(const std::string& space, const OwnerReference& owner) {
    const auto* resource = kindAmong(kBetween, owner);
    if (resource == nullptr) {
        return owner;
    }
    if (const auto known = found_.find(owner.uid); known != found_.end()) {
        return known->second;
    }
    const auto found = api_.getMeta(cluster::objectPath(*resource, space, owner.name));
    if (!found) {
        return found.error();
    }
    const std::optional<ObjectMeta>& meta = found.value();
    if (!meta || meta->uid != owner.uid || meta->controller() == nullptr) {
        return owner;
    }
    if (found_.size() >= kMaxKept) {
        found_.clear();
    }
    return found_.emplace(owner.uid, *meta->controller()).first->second;
}

Result<std::optional<bool>> Owners::isThere(const std::string& space,
                                            const OwnerReference& workload) {
    const auto* resource = kindAmong(kReadable, workload);
    if (resource == nullptr) {
        return std::optional<bool>();
    }
    const auto found = api_.getMeta(cluster::objectPath(*resource, space, workload.name));
    if (!found) {
        return found.error().kind == ErrorKind::Forbidden
                   ? Result<std::optional<bool>>(std::nullopt)
                   : found.error();
    }
    const std::optional<ObjectMeta>& meta = found.value();
    return std::optional(meta && meta->uid == workload.uid && !meta->deleted);
}

}  // namespace injector::operators
