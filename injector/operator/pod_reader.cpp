#include "injector/operator/pod_reader.h"

#include <fmt/format.h>

#include "elector/names.h"
#include "injector/cluster/resource.h"
#include "injector/operator/claim.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
namespace runtime = elector::runtime;

// The message of an Event has at most 1,000 characters.
constexpr std::size_t kMaxReason = 400;

}  // namespace

Result<std::optional<WholePod>> readWhole(LeadingApi& api, Owners& owners, const PodRecord& known,
                                          const OwnerReference* believed) {
    const auto answer = api.get(
        cluster::objectPath(cluster::kPods, known.key.space, known.key.name), cluster::kPodOnly);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    if (!document) {
        return std::optional<WholePod>();
    }
    auto read = readPod(*document);
    if (!read) {
        return std::move(read).error();
    }
    auto& pod = read.value();
    if (pod.meta.uid != known.uid) {
        return std::optional<WholePod>();
    }
    auto workload = owners.workloadOf(pod.meta, pod.facts.serviceAccount);
    if (workload) {
        pod.facts.workload = std::move(workload.value().reference);
        pod.facts.isProven = workload.value().isProven;
    } else if (believed != nullptr && workload.error().kind == ErrorKind::Forbidden) {
        pod.facts.workload = *believed;
    } else {
        return std::move(workload).error();
    }
    return std::optional(std::move(pod));
}

Result<std::optional<PodRecord>> PodReader::read(const ObjectKey& key) {
    const auto known = pods_.find(key);
    if (!known || known->facts) {
        return known;
    }
    const auto read = readWhole(tools_.api, owners_, *known, nullptr);
    if (!read) {
        return read.error();
    }
    const std::optional<WholePod>& pod = read.value();
    if (!pod) {
        return std::optional<PodRecord>();  // the watch will say so
    }
    pods_.setFacts(key, known->uid, pod->facts);
    return pods_.find(key);
}

void PodReader::announce(const PodRecord& pod) {
    const auto state = stateOf(pod);
    if (!pod.facts) {
        return;
    }
    const auto& workload = pod.facts->workload;
    if (state == PodState::Skipped) {
        tools_.announcer.warn(
            pod.key.space, workload, reasons::kInjectionSkipped,
            fmt::format(R"(Pod "{}" asks for a sidecar ({}: "true") and has none: {})",
                        runtime::quoted(pod.key.name), names::kInjectAnnotation,
                        runtime::quoted(skipReason(pod), kMaxReason)));
    } else if (state == PodState::Missed) {
        tools_.announcer.warn(
            pod.key.space, workload, reasons::kInjectionMissed,
            fmt::format("Pod \"{}\" asks for a sidecar ({}: \"true\") but came up without one, as "
                        "the webhook was not asked when it was made: delete the Pod, and the next "
                        "one gets it",
                        runtime::quoted(pod.key.name), names::kInjectAnnotation));
    } else if (state == PodState::Misnamed) {
        tools_.announcer.warn(
            pod.key.space, workload, reasons::kInvalidLeaseName,
            fmt::format(
                "the sidecar of Pod \"{}\" is told to campaign for \"{}\" (--lease-name), which "
                "cannot be the name of a Lease: it gets no rights; allowed are at most 253 "
                "lower-case letters, digits, '-' and '.'",
                runtime::quoted(pod.key.name), runtime::quoted(pod.lease(), kMaxReason)));
    } else if (state == PodState::Nameless && pod.controller) {
        tools_.announcer.warn(
            pod.key.space, workload, reasons::kLeaseNameNeeded,
            fmt::format("the Lease of Pod \"{}\" is called after {}, which is not its workload: "
                        "that is {}, and others of it would campaign for other Leases; so it gets "
                        "no rights; set the annotation {} on the Pod template",
                        runtime::quoted(pod.key.name), describe(*pod.controller),
                        describe(workload), names::kLeaseNameAnnotation));
    }
}

}  // namespace injector::operators
