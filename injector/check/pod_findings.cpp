#include "injector/check/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/log.h"
#include "injector/check/pod_state.h"

namespace injector::check {

namespace {

std::string counted(std::size_t count) {
    return fmt::format("{} of its Pods", count);
}

void addStates(const std::map<std::string, std::size_t>& states, std::string_view version,
               Report& report) {
    const auto add = [&](const char* state, Weight weight, std::string_view sentence) {
        if (const auto found = states.find(state); found != states.end()) {
            report.findings.push_back(
                {weight, "pods", fmt::format("{} {}", counted(found->second), sentence)});
        }
    };
    add("injected", Weight::Well, "have their sidecar");
    add("outdated", Weight::Problem,
        fmt::format("have a sidecar of an older version than this program's, {}: restart them "
                    "(kubectl rollout restart) to replace it",
                    version));
    add("missed", Weight::Problem,
        "ask for a sidecar and came up without: delete them, and the next ones get it");
    add("misnamed", Weight::Problem,
        "have a sidecar whose --lease-name cannot be the name of a Lease: it gets no rights");
    add("skipped", Weight::Note, "were passed over, for the reason in their status");
    add("not asked", Weight::Note,
        "ask for no sidecar; they are older than the annotation, if there is one");
}

}  // namespace

std::vector<PodFact> podsOf(const WorkloadFacts& facts) {
    std::vector<PodFact> pods;
    const auto& target = facts.target;
    std::ranges::copy_if(facts.pods.pods, std::back_inserter(pods), [&](const PodFact& pod) {
        if (target.kind->isPod()) {
            return pod.record.key == target.key;
        }
        return target.is(pod.workload) ||
               (pod.record.controller && target.is(*pod.record.controller));
    });
    return pods;
}

void addPods(const WorkloadFacts& facts, std::string_view version, Report& report) {
    if (!facts.pods.problem.empty()) {
        report.findings.push_back(
            {Weight::Note, "pods", fmt::format("not all Pods are known: {}", facts.pods.problem)});
    }
    std::map<std::string, std::size_t> states;
    for (const auto& pod : podsOf(facts)) {
        if (hasEnded(pod)) {
            continue;
        }
        report.pods.push_back(lineOf(pod, version));
        ++states[report.pods.back().state];
    }
    addStates(states, version, report);
    if (states.empty()) {
        report.findings.push_back({Weight::Note, "pods", "none of its Pods lives"});
    }
}

}  // namespace injector::check
