#include "injector/admission/pod_facts.h"

#include <fmt/format.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

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

// Of a path at which something is mounted, more than what it is compared with can have.
constexpr std::size_t kMostMountBytes = 256;

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

bool comesFirst(std::string_view name, const Annotations& annotations) {
    const auto after = annotations.find("after");
    return isProxy(name) || (after != annotations.end() && after->second == name);
}

// What the annotations ask for, which nobody has judged yet.
void readWhatIsAdded(PodFacts& facts) {
    OptionValues values;
    for (const std::string_view name : {"env", "status-dir", "health-file"}) {
        const auto found = facts.annotations.find(name);
        values[name] = found == facts.annotations.end() ? "" : found->second.value_or("");
    }
    for (const auto& [name, value] : variablesOf(values["env"], 0)) {
        facts.program.variables.push_back(name);
    }
    facts.program.folders = sharedFolders(values);
}

// Takes note of the container as one of the program.
void readProgram(PodReader& reader, PodReader::Value env, PodReader::Value mounts,
                 ProgramContainer container, ProgramFacts& facts) {
    constexpr std::size_t kMostNameBytes = 63;  // of a container that there can be
    if (!facts.isAdded() || isProxy(container.name) || container.name.size() > kMostNameBytes ||
        container.index >= kMostChanged) {
        return;
    }
    container.lacks = facts.variables;
    container.hasVariables = reader.each(
        env, Kind::Object, "a container's env", kMostElements, [&](std::string_view variable) {
            const auto rawName = reader.typed(json_text::member(variable, "name"), Kind::String,
                                              "a container's env[].name");
            std::erase_if(container.lacks, [&](std::string_view name) {
                return rawName && json_text::isKey(*rawName, name);
            });
        });
    container.hasMounts =
        reader.each(mounts, Kind::Object, "a container's volumeMounts", kMostElements,
                    [&](std::string_view mount) {
                        const auto path = shortTextIn(
                            json_text::member(mount, "mountPath").value_or(""), kMostMountBytes);
                        for (const SharedFolder& folder : facts.folders) {
                            if (!container.isInit && facts.takenFolder.empty() && path &&
                                isInTheWay(*path, folder)) {
                                facts.takenFolder = folder.option;
                                facts.takenBy = container.name;
                            }
                        }
                    });
    facts.containers.push_back(std::move(container));
}

// The container at `index`: adds what it is to the facts about its list.
void readContainer(PodReader& reader, std::string_view container, std::size_t index,
                   ContainersFacts& facts, PodFacts& pod) {
    const auto [rawName, restartPolicy, ports, mounts, securityContext, resources, env] =
        fieldsOf(container, "name", "restartPolicy", "ports", "volumeMounts", "securityContext",
                 "resources", "env");
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
    readProgram(
        reader, env, mounts,
        {.isInit = &facts == &pod.initContainers, .index = index, .name = name, .lacks = {}},
        pod.program);
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
    if (pod.program.isAdded() && !facts.namesake) {  // a sidecar of ours has been added already
        reader.limit(index, kMostChanged, fmt::format("{}, to which annotations add,", path));
    }
}

void readSpec(PodReader& reader, std::string_view spec, PodFacts& facts) {
    const auto [restartPolicy, hostNetwork, securityContext, volumes, initContainers, containers,
                resources] = fieldsOf(spec, "restartPolicy", "hostNetwork", "securityContext",
                                      "volumes", "initContainers", "containers", "resources");
    readWhatIsAdded(facts);
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
            for (const SharedFolder& folder : facts.program.folders) {
                if (name == folder.volume) {
                    facts.program.takenVolume = folder.volume;
                }
            }
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
