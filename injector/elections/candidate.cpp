#include "injector/elections/candidate.h"

#include "injector/cluster/workload.h"
#include "injector/operator/pod.h"

namespace injector::elections {

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
    const auto* controller = pod.meta.controller();
    const auto workload = controller == nullptr
                              ? operators::ownReference(record)
                              : cluster::workloadByName(*controller, pod.meta.labels);
    CampaigningPod found{pod.meta.key, record.lease(), {}};
    if (found.lease.empty()) {
        found.lease = workload.name;
    }
    found.candidate.name = pod.meta.key.name;
    found.candidate.node = pod.node;
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
