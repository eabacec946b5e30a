#include "injector/check/target.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "elector/config/invocation.h"
#include "elector/runtime/log.h"

namespace injector::check {

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

// Every kind of object here is called by the names of DNS.
bool isName(std::string_view name) {
    constexpr std::size_t kMaxName = 253;
    return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

}  // namespace

std::string Target::text() const {
    return fmt::format("{}/{}", kind->resource.kind, key.name);
}

bool Target::is(const cluster::OwnerReference& workload) const {
    return workload.kind == kind->resource.kind && workload.name == key.name;
}

Target parseTarget(std::string_view workload, const std::string& space) {
    const auto slash = std::min(workload.find('/'), workload.size());
    const auto kind = lower(workload.substr(0, slash));
    const auto name = workload.substr(std::min(slash + 1, workload.size()));
    const auto kinds = cluster::workloadKinds();
    const auto found = std::ranges::find_if(kinds, [&](const cluster::WorkloadKind& each) {
        return each.isReadable() && (kind == lower(each.resource.kind) ||
                                     kind == each.resource.plural || kind == each.shortName);
    });
    if (found == kinds.end()) {
        throw elector::config::Refusal(fmt::format(
            "check \"{}\" is refused: allowed kinds are deployment, statefulset, daemonset, "
            "replicaset, job, cronjob and pod",
            elector::runtime::quoted(workload)));
    }
    if (!isName(name)) {
        throw elector::config::Refusal(
            fmt::format("check \"{}\" is refused: a name has lower-case letters, digits, - and .",
                        elector::runtime::quoted(workload)));
    }
    return {&*found, {space, std::string(name)}};
}

}  // namespace injector::check
