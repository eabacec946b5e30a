#include "injector/cluster/rollout.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::json_text;

using json_text::at;

std::int64_t numberIn(std::string_view object, std::string_view key) {
    return json_text::integerIn(at(object, {key})).value_or(0);
}

// The message of the condition `type`, while its status is `status`; nothing while it is another.
std::optional<std::string> conditionOf(std::string_view object, std::string_view type,
                                       std::string_view status) {
    for (const auto condition : json_text::elementsOf(at(object, {"status", "conditions"}))) {
        if (json_text::textAt(condition, "type") == type &&
            json_text::textAt(condition, "status") == status) {
            return json_text::textAt(condition, "message");
        }
    }
    return std::nullopt;
}

// Pods of the template of before, as the controller counts them.
std::int64_t countOld(std::string_view object) {
    const auto status = at(object, {"status"});
    const auto all = numberIn(status, "replicas") + numberIn(status, "currentNumberScheduled");
    const auto generation = numberIn(at(object, {"metadata"}), "generation");
    return numberIn(status, "observedGeneration") < generation
               ? all
               : all - numberIn(status, "updatedReplicas") -
                     numberIn(status, "updatedNumberScheduled");
}

// How many Pods a Job runs at a time.
std::int64_t countWanted(std::string_view job) {
    const auto spec = at(job, {"spec"});
    const auto status = at(job, {"status"});
    if (isSuspended(job) || conditionOf(job, "Complete", "True") ||
        conditionOf(job, "Failed", "True")) {
        return 0;
    }
    const auto succeeded = numberIn(status, "succeeded");
    const auto parallel = json_text::integerIn(at(spec, {"parallelism"})).value_or(1);
    if (const auto completions = json_text::integerIn(at(spec, {"completions"}))) {
        return std::min(parallel, *completions - succeeded);
    }
    return succeeded > 0 ? 0 : parallel;  // one Pod that has succeeded ends it
}

// Whether a Job runs that a CronJob made before its template was annotated; true also where that
// cannot be told.
bool runsJobOfBefore(const WorkloadKind& kind, std::string_view cronJob) {
    const auto active = json_text::elementsOf(at(cronJob, {"status", "active"}));
    const auto path = annotationsPath(kind, "f:");
    std::string annotated;
    for (const auto entry : json_text::elementsOf(at(cronJob, {"metadata", "managedFields"}))) {
        const auto fields = json_text::membersOf(at(at(entry, {"fieldsV1"}), path));
        if (std::ranges::any_of(fields, [](const json_text::Member& field) {
                return field.key.find(elector::names::kPrefix) != std::string::npos;
            })) {
            annotated = std::max(annotated, json_text::textAt(entry, "time"));
        }
    }
    const auto scheduled = json_text::textAt(at(cronJob, {"status"}), "lastScheduleTime");
    const bool isLater = !annotated.empty() && scheduled >= annotated;
    return active.size() > (isLater ? 1 : 0);
}

constexpr std::size_t kMostOfMessage = 500;

// Which annotations bear on a refusal, where a quota or a LimitRange made it; "" for others.
std::string remedyFor(std::string_view refusal) {
    constexpr std::array kSigns{"exceeded quota", "failed quota", " usage per ", " ratio per "};
    constexpr std::array kResources{"cpu", "memory", "ephemeral-storage"};
    const auto says = [&](std::string_view text) {
        return refusal.find(text) != std::string_view::npos;
    };
    if (std::ranges::none_of(kSigns, says)) {
        return "";
    }
    std::string annotations;
    for (const auto* resource : kResources) {
        if (says(resource)) {
            annotations += fmt::format("{}{}{}-{{request,limit}}", annotations.empty() ? "" : ", ",
                                       elector::names::kPrefix, resource);
        }
    }
    return annotations.empty()
               ? "; raise the quota"
               : fmt::format("; what a sidecar takes of it is set by {}", annotations);
}

std::string whyNotMade(std::string_view refusal) {
    return fmt::format("new Pods cannot be made: {}{}",
                       elector::runtime::quoted(refusal, kMostOfMessage), remedyFor(refusal));
}

}  // namespace

std::string eventsPath(std::string_view space, std::string_view uid, std::string_view reason) {
    const auto path = fmt::format("{}?fieldSelector={}", collectionPath(kEvents, space),
                                  encoded(fmt::format("involvedObject.uid={}", uid)));
    return reason.empty()
               ? path
               : fmt::format("{}{}&limit=100", path, encoded(fmt::format(",reason={}", reason)));
}

std::string newestMessage(std::string_view events,
                          const std::function<bool(std::string_view event)>& isWanted) {
    std::string message;
    std::string last;
    for (const auto event : json_text::elementsOf(at(events, {"items"}))) {
        auto time = json_text::textAt(event, "lastTimestamp");
        if (isWanted(event) && time >= last) {
            message = json_text::textAt(event, "message");
            last = std::move(time);
        }
    }
    return message;
}

bool isFailedCreate(std::string_view event) {
    return json_text::textAt(event, "reason") == kFailedCreate;
}

bool lacksPods(const WorkloadKind& kind, std::string_view object) {
    const auto status = at(object, {"status"});
    if (kind.resource == kDaemonSets) {
        return numberIn(status, "desiredNumberScheduled") >
               numberIn(status, "currentNumberScheduled");
    }
    if (kind.resource == kJobs) {
        return countWanted(object) > numberIn(status, "active");
    }
    return kind.resource == kStatefulSets &&
           json_text::integerIn(at(object, {"spec", "replicas"})).value_or(1) >
               numberIn(status, "replicas");
}

std::optional<Wait> waitOf(const WorkloadKind& kind, std::string_view object) {
    // As long as an elector and a program may take to start.
    constexpr std::chrono::seconds kPatienceWithOldPods{15};
    // As long as a Deployment's controller waits by default.
    constexpr std::chrono::seconds kPatience{600};
    const auto old = countOld(object);
    const auto ready = numberIn(at(object, {"status"}), "readyReplicas");
    if (old <= 0) {
        return std::nullopt;
    }
    if (kind.resource == kStatefulSets &&
        json_text::textAt(at(object, {"spec"}), "podManagementPolicy") != "Parallel" &&
        ready < old) {
        // Those of the last revision that are not on their way out; the others may be.
        const auto current = numberIn(at(object, {"status"}), "currentReplicas");
        return Wait{
            "it replaces none while one of them is not ready, and some are not: delete "
            "those, and the next ones get a sidecar",
            ready < current ? kPatienceWithOldPods : kPatience};
    }
    return Wait{"its rollout does not get on: see which of its Pods are not ready, and why",
                kPatience};
}

bool isRollingOut(const WorkloadKind& kind, std::string_view object) {
    const auto status = at(object, {"status"});
    return countOld(object) > 0 || lacksPods(kind, object) ||
           (json_text::member(status, "observedGeneration") &&
            numberIn(status, "observedGeneration") <
                numberIn(at(object, {"metadata"}), "generation"));
}

std::string whyPodsStay(const WorkloadKind& kind, std::string_view object,
                        std::string_view failure) {
    const auto spec = at(object, {"spec"});
    if (kind.resource == kCronJobs) {
        return runsJobOfBefore(kind, object)
                   ? "a Job that was made before runs on without a sidecar: let it end, or delete "
                     "it"
                   : "";
    }
    if (const auto refused = conditionOf(object, "ReplicaFailure", "True")) {
        return whyNotMade(*refused);
    }
    if (!failure.empty() && lacksPods(kind, object)) {
        return whyNotMade(failure);
    }
    if (countOld(object) <= 0) {
        return "";
    }
    if (at(spec, {"paused"}) == "true") {
        return "its rollout is paused: kubectl rollout resume replaces its Pods";
    }
    const auto strategy = at(spec, {"updateStrategy"});
    if (json_text::textAt(strategy, "type") == "OnDelete") {
        return "its updateStrategy is OnDelete: delete its Pods, and the next ones get a sidecar";
    }
    if (const auto partition = numberIn(at(strategy, {"rollingUpdate"}), "partition");
        partition > 0) {
        return fmt::format(
            "its updateStrategy has the partition {}: Pods of lower numbers are not replaced until "
            "it is lowered; deleted, they come back without a sidecar",
            partition);
    }
    if (const auto late = conditionOf(object, "Progressing", "False")) {
        return fmt::format("its rollout does not get on: {}",
                           elector::runtime::quoted(*late, kMostOfMessage));
    }
    return "";
}

}  // namespace injector::cluster
