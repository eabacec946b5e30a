#include "injector/admission/pod_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "injector/admission/pod_reader.h"
#include "injector/admission/windows.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
using json_text::fieldsOf;
namespace names = elector::names;
using json_text::Kind;

// A key of Kubernetes has 253 characters, a slash and 63.
constexpr std::size_t kMostKeyBytes = 317;

// The name without our prefix of an annotation that has it.
std::optional<std::string> nameOfOurs(std::string_view rawKey) {
    constexpr std::string_view kPrefix = names::kPrefix;
    constexpr std::size_t kMostOfByte = 6;  // what one may take in an escape
    const std::string_view content = rawKey.substr(1);
    if (!content.starts_with(kPrefix) &&
        content.substr(0, kMostOfByte * kPrefix.size()).find('\\') == std::string_view::npos) {
        return std::nullopt;
    }
    const auto key = shortTextIn(rawKey, kMostKeyBytes);
    return key && key->starts_with(kPrefix) ? std::optional(key->substr(kPrefix.size()))
                                            : std::nullopt;
}

// Keeps what readWish() can refuse: of unknown annotations one suffices, the first by its name.
class AnnotationKeeper {
  public:
    explicit AnnotationKeeper(Annotations& annotations) : annotations_(annotations) {}

    void keep(const std::string& name, std::string_view value) {
        if (!isAnnotation(name)) {
            if (unknown_ && *unknown_ < name) {
                return;
            }
            if (unknown_) {
                annotations_.erase(*unknown_);
            }
            unknown_ = name;
        }
        // Null is what the API server takes for an empty text here.
        const bool isNull = json_text::kindOf(value) == Kind::Null;
        annotations_[name] = isNull ? std::string() : shortTextIn(value, kMostAnnotationBytes);
    }

  private:
    Annotations& annotations_;
    std::optional<std::string> unknown_;
};

// Returns how many there are.
std::size_t readAnnotations(std::string_view annotations, PodFacts& facts) {
    AnnotationKeeper keeper(facts.annotations);
    std::size_t count = 0;
    json_text::forEachMember(annotations, [&](std::string_view rawKey, std::string_view value) {
        ++count;
        facts.isMirror = facts.isMirror || json_text::isKey(rawKey, "kubernetes.io/config.mirror");
        facts.namesDefaultContainer =
            facts.namesDefaultContainer ||
            json_text::isKey(rawKey, "kubectl.kubernetes.io/default-container");
        if (const auto name = nameOfOurs(rawKey)) {
            keeper.keep(*name, value);
        }
    });
    return count;
}

void readLabels(PodReader& reader, std::string_view labels, PodFacts& facts) {
    std::size_t count = 0;
    std::map<std::string_view, std::string_view> naming;
    json_text::forEachMember(labels, [&](std::string_view rawKey, std::string_view value) {
        ++count;
        facts.isLabelledInjector =
            facts.isLabelledInjector || json_text::isKey(rawKey, names::kInjectorLabel);
        for (const auto label : cluster::namingLabels()) {
            if (json_text::isKey(rawKey, label)) {
                naming[label] = value;
            }
        }
    });
    reader.limit(count, kMostElements, "metadata.labels");
    facts.hasLabels = true;
    for (const auto& [label, value] : naming) {
        facts.namingLabels.emplace(label,
                                   reader.text(value, fmt::format("metadata.labels.{}", label)));
    }
}

void readOwner(PodReader& reader, std::string_view owner, PodFacts& facts) {
    const auto [controller, apiVersion, kind, name] =
        fieldsOf(owner, "controller", "apiVersion", "kind", "name");
    if (reader.truth(controller, "metadata.ownerReferences[].controller")) {
        facts.controller = cluster::OwnerReference{
            reader.text(apiVersion, "metadata.ownerReferences[].apiVersion"),
            reader.text(kind, "metadata.ownerReferences[].kind"),
            reader.text(name, "metadata.ownerReferences[].name"), "", true};
    }
}

void readMetadata(PodReader& reader, std::string_view metadata, PodFacts& facts) {
    const auto [annotations, space, labels, owners] =
        fieldsOf(metadata, "annotations", "namespace", "labels", "ownerReferences");
    const auto all = reader.typed(annotations, Kind::Object, "metadata.annotations");
    const std::size_t count = all ? readAnnotations(*all, facts) : 0;
    if (facts.annotations.empty()) {
        return;
    }
    reader.limit(count, kMostElements, "metadata.annotations");
    facts.space = reader.text(space, "metadata.namespace");
    if (const auto labelled = reader.typed(labels, Kind::Object, "metadata.labels")) {
        readLabels(reader, *labelled, facts);
    }
    reader.each(owners, Kind::Object, "metadata.ownerReferences", kMostElements,
                [&](std::string_view owner) { readOwner(reader, owner, facts); });
}

void readPort(PodReader& reader, std::string_view port, DeclaredPorts& ports) {
    const auto [containerPort, rawProtocol] = fieldsOf(port, "containerPort", "protocol");
    const auto number = reader.integer(containerPort, "a container's ports[].containerPort");
    const std::string protocol = reader.text(rawProtocol, "a container's ports[].protocol");
    if (number && (protocol.empty() || protocol == "TCP")) {
        ports.add(*number);
    }
}

// The proxies of meshes, by the names that their injectors give them: Istio, Linkerd, Consul, Kuma,
// Open Service Mesh and App Mesh. Through them goes what the sidecar says to the API server.
constexpr std::array<std::string_view, 5> kProxies{"istio-proxy", "linkerd-proxy",
                                                   "consul-dataplane", "kuma-sidecar", "envoy"};

bool comesFirst(std::string_view name, const Annotations& annotations) {
    const auto after = annotations.find("after");
    return std::ranges::find(kProxies, name) != kProxies.end() ||
           (after != annotations.end() && after->second == name);
}

// The container at `index`: adds what it is to the facts about its list.
void readContainer(PodReader& reader, std::string_view container, std::size_t index,
                   ContainersFacts& facts, PodFacts& pod) {
    const auto [rawName, restartPolicy, ports, mounts, securityContext, resources] =
        fieldsOf(container, "name", "restartPolicy", "ports", "volumeMounts", "securityContext",
                 "resources");
    std::string name = reader.text(rawName, "a container's name");
    if (name.empty()) {
        reader.complain("a container has no name");
        return;
    }
    NamesakeFacts own{index, reader.text(restartPolicy, "a container's restartPolicy"), false};
    reader.each(ports, Kind::Object, "a container's ports", kMostElements,
                [&](std::string_view port) { readPort(reader, port, pod.tcpPorts); });
    reader.each(mounts, Kind::Object, "a container's volumeMounts", kMostElements,
                [&](std::string_view mount) {
                    const std::string volume = reader.text(json_text::member(mount, "name"),
                                                           "a container's volumeMounts[].name");
                    own.mountsToken = own.mountsToken || volume == names::kTokenVolume;
                });
    facts.hasHostProcess = facts.hasHostProcess || isOfHostProcess(reader, securityContext,
                                                                   "a container's securityContext");
    const bool isNativeSidecar = own.restartPolicy == "Always";
    readOwn(reader, resources, &facts == &pod.containers || isNativeSidecar, pod.resources);
    if (isNativeSidecar && comesFirst(name, pod.annotations)) {
        facts.first = index;
        facts.nameOfFirst = name;
    }
    if (!facts.namesake && name == names::kContainer) {
        facts.namesake = std::move(own);
    }
    if (index == 0) {
        facts.firstName = std::move(name);
    }
}

void readContainers(PodReader& reader, std::optional<std::string_view> containers,
                    std::string_view path, ContainersFacts& facts, PodFacts& pod) {
    std::size_t index = 0;
    facts.isList = reader.each(
        containers, Kind::Object, path, kMostContainers,
        [&](std::string_view container) { readContainer(reader, container, index++, facts, pod); });
}

void readSpec(PodReader& reader, std::string_view spec, PodFacts& facts) {
    const auto [restartPolicy, hostNetwork, securityContext, volumes, initContainers, containers,
                resources] = fieldsOf(spec, "restartPolicy", "hostNetwork", "securityContext",
                                      "volumes", "initContainers", "containers", "resources");
    readShared(reader, resources, facts.resources);
    facts.restartPolicy = reader.text(restartPolicy, "spec.restartPolicy");
    facts.usesHostNetwork = reader.truth(hostNetwork, "spec.hostNetwork");
    facts.isForWindows = isPodForWindows(reader, spec);
    const auto security = reader.typed(securityContext, Kind::Object, "spec.securityContext");
    facts.runsAsRoot = reader.integer(json_text::member(security.value_or(""), "runAsUser"),
                                      "spec.securityContext.runAsUser") == 0;
    facts.hasVolumes = reader.each(
        volumes, Kind::Object, "spec.volumes", kMostElements, [&](std::string_view volume) {
            const std::string name =
                reader.text(json_text::member(volume, "name"), "spec.volumes[].name");
            facts.hasTokenVolume = facts.hasTokenVolume || name == names::kTokenVolume;
        });
    readContainers(reader, initContainers, "spec.initContainers", facts.initContainers, facts);
    readContainers(reader, containers, "spec.containers", facts.containers, facts);
    facts.isForWindows = facts.isForWindows || facts.initContainers.hasHostProcess ||
                         facts.containers.hasHostProcess;
    if (facts.containers.firstName.empty()) {
        reader.complain("spec.containers names no container");
    }
}

}  // namespace

std::variant<PodFacts, Unreadable, Refusal> readPod(std::string_view pod) {
    PodFacts facts;
    PodReader reader;
    const auto object = reader.typed(pod, Kind::Object, "the Pod");
    const auto [rawMetadata, rawSpec] = fieldsOf(object.value_or(""), "metadata", "spec");
    if (const auto metadata = reader.typed(rawMetadata, Kind::Object, "metadata")) {
        readMetadata(reader, *metadata, facts);
    }
    const bool mayAsk = !facts.annotations.empty() && injectIn(facts.annotations) != false;
    if (mayAsk && !reader.hasProblem()) {
        readSpec(reader, reader.typed(rawSpec, Kind::Object, "spec").value_or(""), facts);
    }
    if (reader.isRefused()) {
        return Refusal{reader.problem()};
    }
    if (reader.hasProblem()) {
        return Unreadable{reader.problem()};
    }
    return facts;
}

}  // namespace injector::admission
