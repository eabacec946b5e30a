#include "injector/cluster/rollout.h"

#include <fmt/format.h>

#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::json_text;

using json_text::at;

std::int64_t numberIn(std::string_view object, std::string_view key) {
    return json_text::integerIn(at(object, {key})).value_or(0);
}

// The message of the condition `type`, while its status is `status`; "" while it is another.
std::string conditionOf(std::string_view object, std::string_view type, std::string_view status) {
    for (const auto condition : json_text::elementsOf(at(object, {"status", "conditions"}))) {
        if (json_text::textAt(condition, "type") == type &&
            json_text::textAt(condition, "status") == status) {
            return json_text::textAt(condition, "message");
        }
    }
    return "";
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

}  // namespace

bool isRollingOut(std::string_view object) {
    const auto status = at(object, {"status"});
    return countOld(object) > 0 || (json_text::member(status, "observedGeneration") &&
                                    numberIn(status, "observedGeneration") <
                                        numberIn(at(object, {"metadata"}), "generation"));
}

std::string whyPodsStay(const WorkloadKind& kind, std::string_view object) {
    constexpr std::size_t kMostOfMessage = 500;
    const auto spec = at(object, {"spec"});
    if (kind.resource == kCronJobs) {
        return json_text::elementsOf(at(object, {"status", "active"})).empty()
                   ? ""
                   : "a Job that was made before runs on without a sidecar: let it end, or delete "
                     "it";
    }
    if (const auto failure = conditionOf(object, "ReplicaFailure", "True"); !failure.empty()) {
        return fmt::format("new Pods cannot be made: {}",
                           elector::runtime::quoted(failure, kMostOfMessage));
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
    if (const auto late = conditionOf(object, "Progressing", "False"); !late.empty()) {
        return fmt::format("its rollout does not get on: {}",
                           elector::runtime::quoted(late, kMostOfMessage));
    }
    return "";
}

}  // namespace injector::cluster
