#include "injector/elections/candidate.h"

#include "injector/operator/pod.h"

namespace injector::elections {
namespace {

// By the names that controllers give: of a Deployment's Pods only the ReplicaSet is named.
cluster::OwnerReference workloadOf(const cluster::ObjectMeta& pod) {
    const auto* controller = pod.controller();
    if (controller == nullptr) {
        return {"v1", "Pod", pod.key.name, pod.uid};
    }
    const std::string ending = "-" + pod.label("pod-template-hash");
    if (controller->kind == "ReplicaSet" && ending.size() > 1 &&
        controller->name.ends_with(ending)) {
        return {controller->apiVersion, "Deployment",
                controller->name.substr(0, controller->name.size() - ending.size()), ""};
    }
    return *controller;
}

}  // namespace

std::optional<CampaigningPod> campaigningPod(std::string_view document) {
    const auto read = operators::readPod(document);
    if (!read) {
        return std::nullopt;
    }
    const operators::WholePod& pod = read.value();
    operators::PodRecord record = operators::recordOf(pod.meta);
    record.facts = pod.facts;
    const operators::PodState state = operators::stateOf(record);
    const bool hasEnded = pod.phase == "Succeeded" || pod.phase == "Failed";
    if (hasEnded || state == operators::PodState::NotAsked ||
        state == operators::PodState::Unread) {
        return std::nullopt;
    }
    const auto workload = workloadOf(pod.meta);
    CampaigningPod found{pod.meta.key, record.lease(), {}};
    if (found.lease.empty()) {
        found.lease = workload.name;
    }
    found.candidate.name = pod.meta.key.name;
    found.candidate.node = pod.node;
    found.candidate.account = pod.facts.serviceAccount;
    found.candidate.workload = workload.kind + " " + workload.name;
    found.candidate.campaigns = state == operators::PodState::Injected && !pod.meta.deleted;
    if (state == operators::PodState::Skipped) {
        found.candidate.problem = operators::skipReason(record);
    } else if (state == operators::PodState::Missed) {
        found.candidate.problem = "it was made before the webhook was asked, or past it";
    } else if (state == operators::PodState::Misnamed) {
        found.candidate.problem = "its --lease-name is none that a Lease can have";
    }
    return found;
}

}  // namespace injector::elections
