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
    const auto document = api_.getMetadata(cluster::objectPath(*resource, space, owner.name));
    if (!document) {
        return document.error();
    }
    if (!document.value()) {
        return owner;  // it is gone; so are its Pods, soon
    }
    const auto meta = cluster::parseMeta(*document.value());
    if (!meta) {
        return meta.error();
    }
    const auto* controller = meta.value().controller();
    if (meta.value().uid != owner.uid || controller == nullptr) {
        return owner;
    }
    if (found_.size() >= kMaxKept) {
        found_.clear();
    }
    return found_.emplace(owner.uid, *controller).first->second;
}

Result<std::optional<bool>> Owners::isThere(const std::string& space,
                                            const OwnerReference& workload) {
    const auto* resource = kindAmong(kReadable, workload);
    if (resource == nullptr) {
        return std::optional<bool>();
    }
    const auto document = api_.getMetadata(cluster::objectPath(*resource, space, workload.name));
    if (!document) {
        return document.error();
    }
    if (!document.value()) {
        return std::optional(false);
    }
    const auto meta = cluster::parseMeta(*document.value());
    if (!meta) {
        return meta.error();
    }
    return std::optional(meta.value().uid == workload.uid && !meta.value().deleted);
}

}  // namespace injector::operators
