#include "injector/admission/admission.h"

#include <fmt/format.h>

#include <initializer_list>
#include <optional>
#include <utility>
#include <variant>

#include "elector/config/values.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/admission/annotations.h"
#include "injector/admission/fit.h"
#include "injector/admission/patch.h"
#include "injector/admission/pod_facts.h"
#include "injector/admission/program.h"
#include "injector/admission/sentence.h"
#include "injector/admission/sidecar.h"
#include "injector/cluster/workload.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;

Decision skipped(std::string_view cause, std::string reason, std::string patch = "[]") {
    return {Verdict::Skipped, std::move(reason), std::move(patch), "", cause};
}

Decision refused(std::string_view cause, std::string reason) {
    return {Verdict::Refused, std::move(reason), "[]", "", cause};
}

Decision failed(std::string reason) {
    return {Verdict::Failed, std::move(reason), "[]", "", ""};
}

// Nothing where the Pod can have a sidecar.
std::optional<Decision> skip(const PodFacts& pod, std::string_view space,
                             const Defaults& defaults) {
    if (pod.isMirror) {
        // Without a status: the kubelet takes a mirror Pod that differs from its own for a
        // stranger.
        return skipped("mirror pod",
                       "mirror Pods get no sidecar: the kubelet runs a static Pod as its file "
                       "says");
    }
    std::string_view cause;
    std::string reason;
    if (cluster::isProtected(space)) {
        cause = "protected namespace";
        reason = fmt::format("Pods in the namespace {} get no sidecar", space);
    }
    if (reason.empty() && pod.isLabelledInjector && !space.empty() &&
        space == defaults.releaseNamespace) {
        cause = "own pod";
        reason = "the injector's own Pods get no sidecar: they would wait for themselves";
    }
    if (reason.empty() && pod.isForWindows) {
        cause = "windows";
        reason = "Pods for Windows get no sidecar: it runs on Linux alone";
    }
    if (reason.empty()) {
        return std::nullopt;
    }
    return skipped(cause, reason, skipPatch(pod, reason));
}

// A container with our name is ours if it has its token from our volume, and the Pod says that it
// was injected: the status alone proves nothing, as templates are copied with it.
bool isOurs(const NamesakeFacts& container, const PodFacts& pod, const Wish& wish) {
    return pod.hasTokenVolume && container.mountsToken &&
           wish["status"].starts_with(kInjectedStatus);
}

// About a Pod that has a container of the sidecar's name already; nothing where it has none.
std::optional<Decision> judgePresent(const PodFacts& pod, const Wish& wish) {
    const auto& sidecar = pod.initContainers.namesake;
    const auto& container = sidecar ? sidecar : pod.containers.namesake;
    if (!container) {
        return std::nullopt;
    }
    if (!isOurs(*container, pod, wish)) {
        const std::string reason = fmt::format(
            "the Pod has a container \"{}\" of its own, which is left as it is", names::kContainer);
        return skipped("own container", reason, skipPatch(pod, reason));
    }
    if (sidecar && sidecar->restartPolicy != "Always") {
        // Webhooks built against Kubernetes before 1.28 drop what they do not know of, and an init
        // container that never ends keeps the Pod from starting. We are asked again after them.
        return Decision{Verdict::Injected, "", repairPatch(sidecar->index), wish["lease-name"], ""};
    }
    return Decision{Verdict::Already, "the Pod has its sidecar already", "[]", wish["lease-name"],
                    ""};
}

// Sets the Lease's name where no annotation did; returns what is wrong, or "".
std::string chooseLeaseName(const PodFacts& pod, std::string& leaseName) {
    if (!leaseName.empty()) {
        return "";
    }
    if (const auto& owner = pod.controller) {
        if (cluster::findWorkloadKind(owner->apiVersion, owner->kind) == nullptr) {
            return sentenceAbout(
                "the Pod's owner ", fmt::format("{}/{}", owner->kind, owner->name),
                fmt::format(" is of a kind that may have one for each version: set the "
                            "annotation {}",
                            names::kLeaseNameAnnotation));
        }
        leaseName = cluster::workloadByName(*owner, pod.namingLabels).name;
    }
    if (leaseName.empty()) {
        return fmt::format(
            "no workload owns the Pod, after which its Lease could be called: set "
            "the annotation {}",
            names::kLeaseNameAnnotation);
    }
    if (elector::config::complaintAboutLeaseName(leaseName).empty()) {
        return "";
    }
    return sentenceAbout("the Pod's owner ", leaseName,
                         fmt::format(" has a name that no Lease can have: set the annotation {}",
                                     names::kLeaseNameAnnotation));
}

std::string complaintAboutMode(const PodFacts& pod, const Wish& wish, const SidecarSpec& spec) {
    const bool restarts = pod.restartPolicy.empty() || pod.restartPolicy == "Always";
    if (spec.mode == Mode::Sidecar || restarts) {
        return "";
    }
    return refusalOf("mode", "container",
                     fmt::format("{} is refused: the Pod's restartPolicy is not Always, so that a "
                                 "container beside its program would keep it from completing; "
                                 "allowed is sidecar",
                                 wish["mode"].empty() ? " (the default)" : ""))
        .sentence;
}

std::string complaintAboutPort(const PodFacts& pod, const Wish& wish, const SidecarSpec& spec) {
    if (!pod.tcpPorts.contains(spec.port)) {
        return "";
    }
    return fmt::format(
        "annotation {}port \"{}\"{} is refused: a container of the Pod declares that port; allowed "
        "is any other from 1 to 65535",
        names::kPrefix, spec.port, wish["port"].empty() ? " (the default)" : "");
}

std::string complaintAboutVolume(const PodFacts& pod) {
    const std::string_view taken =
        pod.hasTokenVolume ? names::kTokenVolume : pod.program.takenVolume;
    return taken.empty() ? ""
                         : fmt::format(
                               "the Pod has a volume \"{}\" of its own, a name that its "
                               "sidecar needs: call it something else",
                               taken);
}

std::string complaintAboutMounts(const PodFacts& pod, const Wish& wish) {
    const ProgramFacts& program = pod.program;
    if (program.takenFolder.empty()) {
        return complaintAboutFolders(program.folders);
    }
    return refusalOf(program.takenFolder, wish[program.takenFolder],
                     fmt::format(" is refused: the container \"{}\" mounts something at that "
                                 "folder or in it; allowed is a folder of its own",
                                 elector::runtime::quoted(program.takenBy)))
        .sentence;
}

Decision inject(const PodFacts& pod, const Wish& wish, const Defaults& defaults) {
    SidecarSpec spec = sidecarSpecOf(wish, defaults);
    spec.onHostNetwork = pod.usesHostNetwork;
    spec.needsUser = pod.runsAsRoot;
    std::string& leaseName = spec.values["lease-name"];
    for (const auto& [cause, complaint] :
         std::initializer_list<std::pair<const char*, std::string>>{
             {"lease name", chooseLeaseName(pod, leaseName)},
             {"annotation", complaintAboutMode(pod, wish, spec)},
             {"port", complaintAboutPort(pod, wish, spec)},
             {"volume", complaintAboutVolume(pod)},
             {"volume", complaintAboutMounts(pod, wish)},
             {"resources", fit(pod.resources, wish, spec)}}) {
        if (!complaint.empty()) {
            return refused(cause, complaint);
        }
    }
    return {Verdict::Injected, "", injectionPatch(pod, spec), leaseName, ""};
}

// About a Pod with annotations of ours.
Decision decide(const PodFacts& pod, std::string_view space, const Defaults& defaults) {
    const auto asked = injectIn(pod.annotations);
    if (asked == false) {
        return {};
    }
    if (const auto skipping = skip(pod, space, defaults)) {
        return asked ? *skipping : Decision{};
    }
    const auto reading = readWish(pod.annotations, defaults);
    if (const auto* refusal = std::get_if<Refusal>(&reading)) {
        return refused("annotation", refusal->sentence);
    }
    const auto& wish = std::get<Wish>(reading);
    if (!asked) {
        return {Verdict::NotAsked,
                fmt::format("the Pod has annotations of the injector, but not {} \"true\"; so it "
                            "gets no sidecar",
                            names::kInjectAnnotation),
                "[]", "", ""};
    }
    const auto present = judgePresent(pod, wish);
    return present ? *present : inject(pod, wish, defaults);
}

}  // namespace

const char* toString(Verdict verdict) {
    switch (verdict) {
        case Verdict::NotAsked:
            return "not_asked";
        case Verdict::Injected:
            return "injected";
        case Verdict::Already:
            return "already";
        case Verdict::Skipped:
            return "skipped";
        case Verdict::Refused:
            return "refused";
        case Verdict::Failed:
            return "failed";
    }
    return "";
}

Decision admit(std::string_view pod, std::string_view space, const Defaults& defaults) {
    if (!json_text::isValid(pod)) {
        return failed("the Pod is no JSON");
    }
    pod.remove_prefix(pod.find_first_not_of(" \t\r\n"));
    return admitPart(pod, space, defaults);
}

Decision admitPart(std::string_view pod, std::string_view space, const Defaults& defaults) {
    const auto reading = readPod(pod);
    if (const auto* unreadable = std::get_if<Unreadable>(&reading)) {
        return failed(unreadable->sentence);
    }
    if (const auto* refusal = std::get_if<Refusal>(&reading)) {
        return refused("too long", refusal->sentence);
    }
    const auto& facts = std::get<PodFacts>(reading);
    if (facts.annotations.empty()) {
        return {};
    }
    return decide(facts, space.empty() ? std::string_view(facts.space) : space, defaults);
}

}  // namespace injector::admission
