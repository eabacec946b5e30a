#include "injector/operator/pod.h"

#include <algorithm>
#include <array>

#include "elector/config/values.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "injector/cluster/resource.h"
#include "injector/cluster/workload.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;

constexpr std::string_view kSkipped = "skipped";
constexpr std::string_view kLeaseFlag = "--lease-name=";
// No name is longer. One that is stays too long when it is cut behind this, so that nobody takes it
// for another.
constexpr std::size_t kLongestLeaseName = 253;
// What the webhook notes is a sentence.
constexpr std::size_t kLongestStatus = 512;

// The last flag counts, as it does for the elector.
std::string leaseIn(std::string_view container) {
    std::string lease;
    for (const auto* const list : {"command", "args"}) {
        for (const auto word :
             json_text::elementsOf(json_text::member(container, list).value_or(""))) {
            const auto text = json_text::stringIn(word).value_or("");
            if (text.starts_with(kLeaseFlag)) {
                lease = text.substr(kLeaseFlag.size(), kLongestLeaseName + 1);
            }
        }
    }
    return lease;
}

// What the controllers of Kubernetes write on the Pods that they make.
bool hasMakersLabel(const ObjectMeta& pod) {
    return std::ranges::any_of(std::to_array({"pod-template-hash", "controller-revision-hash",
                                              "job-name", "batch.kubernetes.io/job-name"}),
                               [&](const char* label) { return !pod.label(label).empty(); });
}

// Its kubelet runs it as a file says, and nobody can replace it by one that is injected.
bool isStatic(const ObjectMeta& pod) {
    const auto* const controller = pod.controller();
    return controller != nullptr && controller->kind == "Node" && controller->apiVersion == "v1";
}

}  // namespace

bool PodRecord::isLike(const PodRecord& other) const {
    return key == other.key && uid == other.uid && asks == other.asks &&
           labelled == other.labelled && shares == other.shares && status == other.status &&
           annotatedLease == other.annotatedLease && controller == other.controller;
}

PodState stateOf(const PodRecord& pod) {
    if (pod.status.starts_with(kSkipped)) {
        return PodState::Skipped;
    }
    if (!pod.facts) {
        return PodState::Unread;
    }
    if (pod.facts->hasSidecar && !pod.lease().empty()) {
        if (!elector::config::isDnsSubdomain(pod.lease())) {
            return PodState::Misnamed;  // names become parts of paths
        }
        return pod.controller && cluster::isCalledAfterMaker(pod.lease(), *pod.controller,
                                                             pod.facts->workload)
                   ? PodState::Nameless
                   : PodState::Injected;
    }
    return pod.asks ? PodState::Missed : PodState::NotAsked;
}

std::string skipReason(const PodRecord& pod) {
    auto reason = pod.status.substr(kSkipped.size());
    reason.erase(0, reason.find_first_not_of(": "));
    return reason;
}

bool concernsUs(const ObjectMeta& pod) {
    return !isProtected(pod.key.space) && (pod.annotation(names::kInjectAnnotation) == "true" ||
                                           pod.label(names::kInjectedLabel) == "true");
}

PodRecord recordOf(const ObjectMeta& pod) {
    PodRecord record;
    record.key = pod.key;
    record.uid = pod.uid;
    record.created = pod.created.value_or(WallTime());
    record.asks = pod.annotation(names::kInjectAnnotation) == "true" && !isStatic(pod);
    record.labelled = pod.label(names::kInjectedLabel) == "true";
    record.shares = pod.annotation(names::kSharedAnnotation) == "true";
    record.status = pod.annotation(names::kStatusAnnotation).substr(0, kLongestStatus);
    record.annotatedLease =
        pod.annotation(names::kLeaseNameAnnotation).substr(0, kLongestLeaseName + 1);
    if (const auto* controller = pod.controller()) {
        record.controller = *controller;
    }
    return record;
}

OwnerReference ownReference(const PodRecord& pod) {
    return {std::string(cluster::kPods.apiVersion), std::string(cluster::kPods.kind), pod.key.name,
            pod.uid, false};
}

elector::kubernetes::Result<WholePod> readPod(std::string_view document) {
    auto meta = cluster::parseMeta(document);
    if (!meta) {
        return std::move(meta).error();
    }
    const auto spec = json_text::member(document, "spec");
    if (!spec) {
        return elector::kubernetes::ApiError{elector::kubernetes::ErrorKind::Malformed, 0,
                                             std::nullopt,
                                             "the API server answered a Pod without a spec"};
    }
    WholePod pod{std::move(meta).value(), {}, "", "", ""};
    PodFacts& facts = pod.facts;
    facts.isOrphan = pod.meta.controller() == nullptr && hasMakersLabel(pod.meta);
    facts.serviceAccount = json_text::textAt(*spec, "serviceAccountName");
    if (facts.serviceAccount.empty()) {
        facts.serviceAccount = kDefaultServiceAccount;
    }
    for (const auto* const list : {"initContainers", "containers"}) {
        for (const auto container :
             json_text::elementsOf(json_text::member(*spec, list).value_or(""))) {
            if (json_text::textAt(container, "name") == names::kContainer) {
                facts.hasSidecar = true;
                facts.leaseName = leaseIn(container);
                if (pod.image.empty()) {
                    pod.image = json_text::textAt(container, "image");
                }
            }
        }
    }
    pod.phase = json_text::textAt(json_text::member(document, "status").value_or(""), "phase");
    pod.node = json_text::textAt(*spec, "nodeName");
    return pod;
}

}  // namespace injector::operators
