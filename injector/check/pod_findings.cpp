#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/check/diagnosis.h"

namespace injector::check {

namespace {

using elector::runtime::quoted;
using operators::PodState;

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

std::optional<std::vector<std::uint32_t>> numbersIn(std::string_view version) {
    std::vector<std::uint32_t> numbers;
    while (true) {
        std::uint32_t number = 0;
        const auto [stop, problem] = std::from_chars(version.begin(), version.end(), number);
        if (problem != std::errc()) {
            return std::nullopt;
        }
        numbers.push_back(number);
        version.remove_prefix(static_cast<std::size_t>(stop - version.begin()));
        if (version.empty()) {
            return numbers;
        }
        if (version.front() != '.') {
            return std::nullopt;
        }
        version.remove_prefix(1);
    }
}

std::string headlineOf(std::size_t injected, std::size_t outdated, std::size_t missed,
                       std::size_t skipped) {
    if (injected + outdated + missed + skipped == 0) {
        return "no Pod asks for a sidecar";
    }
    return fmt::format("{} with their sidecar, {} outdated, {} missed, {} passed over", injected,
                       outdated, missed, skipped);
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

std::string injectedVersion(std::string_view status) {
    constexpr std::string_view kInjected = "injected ";
    return status.starts_with(kInjected) ? std::string(status.substr(kInjected.size())) : "";
}

bool isOlder(std::string_view left, std::string_view right) {
    const auto leftNumbers = numbersIn(left);
    const auto rightNumbers = numbersIn(right);
    return leftNumbers && rightNumbers && *leftNumbers < *rightNumbers;
}

PodLine lineOf(const PodFact& pod, std::string_view current) {
    const auto& record = pod.record;
    PodLine line;
    line.space = record.key.space;
    line.name = record.key.name;
    line.image = pod.image;
    line.phase = pod.phase;
    line.workload = fmt::format("{}/{}", pod.workload.kind, pod.workload.name);
    switch (operators::stateOf(record)) {
        case PodState::Unread:
            line.state = "unread";
            break;
        case PodState::NotAsked:
            line.state = "not asked";
            break;
        case PodState::Skipped:
            line.state = "skipped";
            line.reason = operators::skipReason(record);
            break;
        case PodState::Missed:
            line.state = "missed";
            break;
        case PodState::Misnamed:
            line.state = "misnamed";
            line.reason = fmt::format("\"{}\" cannot be the name of a Lease",
                                      elector::runtime::quoted(record.lease()));
            break;
        case PodState::Injected:
            line.lease = record.lease();
            line.version = injectedVersion(record.status);
            line.state = isOlder(line.version, current) ? "outdated" : "injected";
            break;
    }
    return line;
}

bool hasEnded(const PodFact& pod) {
    return pod.phase == "Succeeded" || pod.phase == "Failed";
}

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
