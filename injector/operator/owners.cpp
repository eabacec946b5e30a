#include "injector/operator/owners.h"

#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

// The kinds that stand between a Pod and its workload.
const cluster::Resource* betweenKind(const OwnerReference& owner) {
    for (const auto* resource : {&cluster::kReplicaSets, &cluster::kJobs}) {
        if (owner.apiVersion == resource->apiVersion && owner.kind == resource->kind) {
            return resource;
        }
    }
    return nullptr;
}

}  // namespace

Result<OwnerReference> Owners::workloadOf(const PodRecord& pod) {
    if (!pod.controller) {
        return OwnerReference{std::string(cluster::kPods.apiVersion),
                              std::string(cluster::kPods.kind), pod.key.name, pod.uid, false};
    }
    auto workload = above(pod.key.space, *pod.controller);
    if (workload) {
        workload.value().isController = false;
    }
    return workload;
}

Result<OwnerReference> Owners::above(const std::string& space, const OwnerReference& owner) {
    const auto* resource = betweenKind(owner);
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

}  // namespace injector::operators
