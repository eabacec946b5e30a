#include "injector/admission/lease_name.h"

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace injector::admission {

namespace {

// `name` without "-" and `suffix`; nothing where it does not end so, or nothing would be left.
std::optional<std::string> without(std::string_view name, std::string_view suffix) {
    if (suffix.empty() || name.size() < suffix.size() + 2 || !name.ends_with(suffix)) {
        return std::nullopt;
    }
    name.remove_suffix(suffix.size());
    return name.ends_with('-') ? std::optional(std::string(name.substr(0, name.size() - 1)))
                               : std::nullopt;
}

// A CronJob's Jobs end in the minutes since 1970 that they were due at. Between 2021, when CronJobs
// began to count minutes, and 2065: so that a Job that somebody called for a day, as in
// report-20260131, keeps its name.
bool isScheduledMinute(std::string_view text) {
    constexpr std::size_t kDigits = 8;
    constexpr std::uint32_t kEarliest = 26'800'000;
    constexpr std::uint32_t kLatest = 50'000'000;
    std::uint32_t minute = 0;
    const auto [stop, problem] = std::from_chars(text.data(), text.data() + text.size(), minute);
    return text.size() == kDigits && problem == std::errc() && stop == text.data() + text.size() &&
           minute >= kEarliest && minute <= kLatest;
}

}  // namespace

std::string workloadNameOf(const PodFacts& pod) {
    if (!pod.controller) {
        return "";
    }
    const auto& [apiVersion, kind, name] = *pod.controller;
    if (kind == "ReplicaSet" && apiVersion.starts_with("apps/")) {
        return without(name, pod.templateHash).value_or(name);
    }
    const std::string_view last = std::string_view(name).substr(name.rfind('-') + 1);
    if (kind == "Job" && apiVersion.starts_with("batch/") && isScheduledMinute(last)) {
        return without(name, last).value_or(name);
    }
    return name;
}

}  // namespace injector::admission
