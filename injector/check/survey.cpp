#include "injector/check/diagnosis.h"

#include <fmt/format.h>

#include <map>

#include "elector/runtime/log.h"
#include "injector/check/pod_state.h"

namespace injector::check {

namespace {

using elector::runtime::quoted;

std::string headlineOf(std::size_t injected, std::size_t outdated, std::size_t missed,
                       std::size_t skipped) {
    if (injected + outdated + missed + skipped == 0) {
        return "no Pod asks for a sidecar";
    }
    return fmt::format("{} with their sidecar, {} outdated, {} missed, {} passed over", injected,
                       outdated, missed, skipped);
}

}  // namespace

Report survey(const PodFacts& facts, const std::string& space, std::string_view version) {
    Report report;
    report.subject = space.empty() ? "Pods in all namespaces"
                                   : fmt::format("Pods in the namespace {}", quoted(space));
    std::map<std::string, std::size_t> states;
    for (const auto& pod : facts.pods) {
        auto line = lineOf(pod, version);
        if (hasEnded(pod) || line.state == "not asked") {
            continue;
        }
        ++states[line.state];
        if (line.state == "skipped") {
            report.findings.push_back(
                {Weight::Note, "skipped",
                 fmt::format("{}/{}: {}", line.space, line.name, quoted(line.reason, 300))});
        }
        report.pods.push_back(std::move(line));
    }
    if (states["outdated"] > 0) {
        report.findings.push_back(
            {Weight::Problem, "outdated",
             fmt::format("{} have a sidecar of an older version than this program's, {}: restart "
                         "their workloads (kubectl rollout restart) to replace it",
                         states["outdated"], version)});
    }
    if (states["missed"] > 0) {
        report.findings.push_back(
            {Weight::Problem, "missed",
             fmt::format("{} ask for a sidecar and came up without: delete them, and the next "
                         "ones get it",
                         states["missed"])});
    }
    if (!facts.problem.empty()) {
        report.findings.push_back(
            {Weight::Problem, "unread", fmt::format("not all Pods are known: {}", facts.problem)});
    }
    report.headline =
        headlineOf(states["injected"], states["outdated"], states["missed"], states["skipped"]);
    report.isWell = states["outdated"] == 0 && states["missed"] == 0 && facts.problem.empty();
    return report;
}

}  // namespace injector::check
