#include "injector/check/pod_state.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "elector/runtime/log.h"

namespace injector::check {

namespace {

using operators::PodState;

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

}  // namespace

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

}  // namespace injector::check
