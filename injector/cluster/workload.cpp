#include "injector/cluster/workload.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

#include "elector/runtime/json_text.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::json_text;

constexpr Resource kReplicationControllers{"v1", "ReplicationController", "replicationcontrollers"};

constexpr std::array kKinds{
    WorkloadKind{kPods, "po", {}},
    WorkloadKind{{"v1", "PodTemplate", "podtemplates"}, "", {"template"}},
    WorkloadKind{kReplicationControllers, "", {"spec", "template"}, Copying::Never, true},
    WorkloadKind{kDeployments, "deploy", {"spec", "template"}, Copying::Always},
    WorkloadKind{
        kStatefulSets, "sts", {"spec", "template"}, Copying::Always, true, Revisions::ByLabel},
    WorkloadKind{
        kDaemonSets, "ds", {"spec", "template"}, Copying::Always, true, Revisions::ByNameAndLabel},
    WorkloadKind{kReplicaSets, "rs", {"spec", "template"}, Copying::Never, true},
    WorkloadKind{kCronJobs,
                 "cj",
                 {"spec", "jobTemplate", "spec", "template"},
                 Copying::Always,
                 false,
                 Revisions::None,
                 false},
    WorkloadKind{kJobs, "job", {"spec", "template"}, Copying::WhileSuspended, true},
};

// What stands between a workload and its Pods: called WORKLOAD-SUFFIX, where a label of the Pods
// has the suffix, or where it is the minute that a CronJob's Job was due at; or called whatever,
// where a label of the Pods has the name of the workload.
struct Between {
    Resource kind;
    Resource workload;
    std::string_view label;   // "" for a minute
    std::string_view suffix;  // as the cluster writes one; "" where the label has the name

    bool isNamedByLabel() const { return suffix.empty(); }
};

// From the Pods upwards: one may stand above another.
constexpr std::array kBetween{
    Between{kReplicaSets, kDeployments, "pod-template-hash", "5d4f8c7b9"},
    Between{kReplicaSets,
            {"argoproj.io/v1alpha1", "Rollout", "rollouts"},
            "rollouts-pod-template-hash",
            "5d4f8c7b9"},
    Between{kJobs, kCronJobs, "", "28000000"},
    Between{kReplicationControllers,
            {"apps.openshift.io/v1", "DeploymentConfig", "deploymentconfigs"},
            "deploymentconfig",
            ""},
    // Each of its Revisions has a Deployment.
    Between{kDeployments,
            {"serving.knative.dev/v1", "Configuration", "configurations"},
            "serving.knative.dev/configuration",
            ""},
};

bool isOf(const Resource& resource, std::string_view apiVersion, std::string_view kind) {
    return resource.kind == kind && groupOf(resource.apiVersion) == groupOf(apiVersion);
}

bool isOf(const Resource& resource, const OwnerReference& object) {
    return isOf(resource, object.apiVersion, object.kind);
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

// The suffix that the controller's name would have; "" where that is not known.
std::string_view suffixOf(const Between& between, std::string_view name, const Labels& labels) {
    if (between.label.empty()) {
        const auto last = name.substr(name.rfind('-') + 1);
        return isScheduledMinute(last) ? last : "";
    }
    const auto label = labels.find(std::string(between.label));
    return label == labels.end() ? "" : std::string_view(label->second);
}

// `name` without "-" and `suffix`; "" where it does not end so.
std::string_view without(std::string_view name, std::string_view suffix) {
    if (suffix.empty() || name.size() < suffix.size() + 2 || !name.ends_with(suffix)) {
        return "";
    }
    name.remove_suffix(suffix.size());
    return name.ends_with('-') ? name.substr(0, name.size() - 1) : "";
}

// The name of the workload above what is called `name`; "" where there is none.
std::string nameAbove(const Between& between, std::string_view name, const Labels& labels) {
    const auto suffix = suffixOf(between, name, labels);
    return std::string(between.isNamedByLabel() ? suffix : without(name, suffix));
}

OwnerReference referenceTo(const Resource& kind, std::string name) {
    return {std::string(kind.apiVersion), std::string(kind.kind), std::move(name), "", true};
}

}  // namespace

std::span<const std::string_view> WorkloadKind::keys() const {
    const auto* const end = std::ranges::find(path, "");
    return {path.begin(), end};
}

std::span<const WorkloadKind> workloadKinds() {
    return kKinds;
}

const WorkloadKind* findWorkloadKind(std::string_view apiVersion, std::string_view kind) {
    const auto* found = std::ranges::find_if(
        kKinds, [&](const WorkloadKind& each) { return isOf(each.resource, apiVersion, kind); });
    return found == kKinds.end() ? nullptr : found;
}

std::optional<std::string_view> templateOf(const WorkloadKind& kind, std::string_view object) {
    const auto found = json_text::at(object, kind.keys());
    return json_text::kindOf(found) == json_text::Kind::Object ? std::optional(found)
                                                               : std::nullopt;
}

std::vector<std::string> annotationsPath(const WorkloadKind& kind, std::string_view prefix) {
    std::vector<std::string> path;
    for (const auto key : kind.keys()) {
        path.push_back(fmt::format("{}{}", prefix, key));
    }
    for (const auto* key : {"metadata", "annotations"}) {
        path.push_back(fmt::format("{}{}", prefix, key));
    }
    return path;
}

bool isSuspended(std::string_view job) {
    return json_text::at(job, {"spec", "suspend"}) == "true";
}

const std::vector<std::string_view>& namingLabels() {
    static const std::vector<std::string_view> kLabels = [] {
        std::vector<std::string_view> labels;
        for (const auto& between : kBetween) {
            if (!between.label.empty()) {
                labels.push_back(between.label);
            }
        }
        return labels;
    }();
    return kLabels;
}

OwnerReference workloadOf(const OwnerReference& controller, const OwnerReference* above) {
    const auto stands = [&](const Between& between) { return isOf(between.kind, controller); };
    if (above == nullptr || std::ranges::none_of(kBetween, stands)) {
        return controller;
    }
    const auto* kind = findWorkloadKind(above->apiVersion, above->kind);
    const bool makesIt = std::ranges::any_of(kBetween, [&](const Between& between) {
        return stands(between) && isOf(between.workload, *above);
    });
    // Whatever else makes what has a suffix; but of a kind that may be read, we know what it makes.
    const bool mayMakeIt = std::ranges::any_of(kBetween, [&](const Between& between) {
        return stands(between) && !between.isNamedByLabel();
    });
    const bool isKnown = kind != nullptr && kind->isReadable();
    return makesIt || (mayMakeIt && !isKnown) ? *above : controller;
}

OwnerReference workloadByName(const OwnerReference& controller, const Labels& labels) {
    auto workload = controller;
    for (const auto& between : kBetween) {
        auto name = nameAbove(between, workload.name, labels);
        if (isOf(between.kind, workload) && !name.empty()) {
            workload = referenceTo(between.workload, std::move(name));
        }
    }
    return workload;
}

bool isCalledAfterMaker(std::string_view lease, const OwnerReference& maker,
                        const OwnerReference& workload) {
    return lease == maker.name && lease != workload.name && workload.kind != kPods.kind;
}

std::optional<NamedController> controllerByName(const WorkloadKind& kind, const std::string& name,
                                                std::string_view labels) {
    for (const auto& between : kBetween) {
        if (between.workload == kind.resource) {
            auto suffix = between.label.empty() ? "" : json_text::textAt(labels, between.label);
            suffix = suffix.empty() ? std::string(between.suffix) : suffix;
            return NamedController{referenceTo(between.kind, fmt::format("{}-{}", name, suffix)),
                                   std::string(between.label), suffix};
        }
    }
    return kind.makesPods ? std::optional(NamedController{referenceTo(kind.resource, name), "", ""})
                          : std::nullopt;
}

}  // namespace injector::cluster
