#include "injector/admission/pod_facts.h"

#include <fmt/format.h>

#include <utility>

#include "elector/kubernetes/json_members.h"
#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "injector/admission/fields.h"
#include "injector/admission/short_text.h"

namespace injector::admission {

namespace {

namespace json_text = elector::kubernetes::json_text;
namespace names = elector::names;
using json_text::Kind;

// Of names and other texts that are compared or end up in a patch; those of Kubernetes are shorter.
constexpr std::size_t kMostTextBytes = 512;
constexpr const char* kReplicaSetHash = "pod-template-hash";
constexpr const char* kRolloutHash = "rollouts-pod-template-hash";
// A key of Kubernetes has 253 characters, a slash and 63.
constexpr std::size_t kMostKeyBytes = 317;

// Reads members that have one type or are absent (or null, which the API server takes for absent).
// Remembers the first problem; what is read after that is of no use.
class Reader {
  public:
    // What cannot be read, or is refused for its size; nothing where all is well.
    std::optional<std::variant<PodFacts, Unreadable, Refusal>> problem() const {
        if (!hasProblem()) {
            return std::nullopt;
        }
        return isRefused_ ? std::variant<PodFacts, Unreadable, Refusal>(Refusal{problem_})
                          : Unreadable{problem_};
    }
    bool hasProblem() const { return !problem_.empty(); }
    void complain(std::string problem) {
        if (problem_.empty()) {
            problem_ = std::move(problem);
        }
    }
    // Refuses a list or map of `count` elements where `most` are allowed.
    void limit(std::size_t count, std::size_t most, std::string_view path) {
        if (count > most) {
            refuse(fmt::format("{} with {} elements is refused: allowed are at most {}", path,
                               count, most));
        }
    }

    // The value at `path`, for sentences, as it was found.
    std::optional<std::string_view> typed(std::optional<std::string_view> value, Kind kind,
                                          std::string_view path) {
        if (!value || json_text::kindOf(*value) == Kind::Null) {
            return std::nullopt;
        }
        const Kind found = json_text::kindOf(*value);
        if (found != kind) {
            complain(fmt::format("{} is {}, not {}", path, json_text::describe(found),
                                 json_text::describe(kind)));
            return std::nullopt;
        }
        return value;
    }

    // "" where it is absent.
    std::string text(std::optional<std::string_view> value, std::string_view path) {
        const auto found = typed(value, Kind::String, path);
        if (!found) {
            return "";
        }
        auto decoded = shortTextIn(*found, kMostTextBytes);
        if (!decoded) {
            complain(fmt::format("{} is no Unicode text", path));
            return "";
        }
        if (decoded->size() > kMostTextBytes) {
            refuse(fmt::format("{} with {} bytes is refused: allowed are at most {}", path,
                               found->size(), kMostTextBytes));
        }
        return *std::move(decoded);
    }

    bool truth(std::optional<std::string_view> value, std::string_view path) {
        return typed(value, Kind::Boolean, path) == "true";
    }

    std::optional<std::int64_t> integer(std::optional<std::string_view> value,
                                        std::string_view path) {
        const auto found = typed(value, Kind::Number, path);
        const auto number = found ? json_text::integerIn(*found) : std::nullopt;
        if (found && !number) {
            complain(fmt::format("{} is no integer of 64 bits", path));
        }
        return number;
    }

    // Calls visit(object) for each element of the list at `path`, null counting as an empty one, up
    // to the first problem. Returns whether there is such a list.
    template <typename Visit>
    bool each(std::optional<std::string_view> value, std::string_view path, std::size_t most,
              Visit visit) {
        const auto list = typed(value, Kind::Array, path);
        if (!list) {
            return false;
        }
        const std::string elementPath = fmt::format("{}[]", path);
        std::size_t count = 0;
        json_text::forEachElement(*list, [&](std::string_view element) {
            if (++count <= most) {  // the others are only counted
                visit(typed(element, Kind::Object, elementPath).value_or(""));
            }
            return !hasProblem();
        });
        limit(count, most, path);
        return true;
    }

  private:
    void refuse(std::string sentence) {
        isRefused_ = isRefused_ || problem_.empty();
        complain(std::move(sentence));
    }

    std::string problem_;
    bool isRefused_ = false;
};

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

void readLabels(Reader& reader, std::string_view labels, PodFacts& facts) {
    std::size_t count = 0;
    json_text::forEachMember(labels, [&count](std::string_view, std::string_view) { ++count; });
    reader.limit(count, kMostElements, "metadata.labels");
    const auto [injector, ofRollout, ofReplicaSet] =
        fieldsOf(labels, names::kInjectorLabel, kRolloutHash, kReplicaSetHash);
    facts.hasLabels = true;
    facts.isLabelledInjector = injector.has_value();
    for (const auto& [value, key] :
         {std::pair(ofRollout, kRolloutHash), std::pair(ofReplicaSet, kReplicaSetHash)}) {
        if (value) {
            facts.templateHash = reader.text(value, fmt::format("metadata.labels.{}", key));
        }
    }
}

void readOwner(Reader& reader, std::string_view owner, PodFacts& facts) {
    const auto [controller, apiVersion, kind, name] =
        fieldsOf(owner, "controller", "apiVersion", "kind", "name");
    if (reader.truth(controller, "metadata.ownerReferences[].controller")) {
        facts.controller = Owner{reader.text(apiVersion, "metadata.ownerReferences[].apiVersion"),
                                 reader.text(kind, "metadata.ownerReferences[].kind"),
                                 reader.text(name, "metadata.ownerReferences[].name")};
    }
}

void readMetadata(Reader& reader, std::string_view metadata, PodFacts& facts) {
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
    reader.each(owners, "metadata.ownerReferences", kMostElements,
                [&](std::string_view owner) { readOwner(reader, owner, facts); });
}

void readPort(Reader& reader, std::string_view port, DeclaredPorts& ports) {
    const auto [containerPort, rawProtocol] = fieldsOf(port, "containerPort", "protocol");
    const auto number = reader.integer(containerPort, "a container's ports[].containerPort");
    const std::string protocol = reader.text(rawProtocol, "a container's ports[].protocol");
    if (number && (protocol.empty() || protocol == "TCP")) {
        ports.add(*number);
    }
}

// The container at `index`: adds what it is to the facts about its list.
void readContainer(Reader& reader, std::string_view container, std::size_t index,
                   ContainersFacts& facts, DeclaredPorts& tcpPorts) {
    const auto [rawName, restartPolicy, ports, mounts] =
        fieldsOf(container, "name", "restartPolicy", "ports", "volumeMounts");
    std::string name = reader.text(rawName, "a container's name");
    if (name.empty()) {
        reader.complain("a container has no name");
        return;
    }
    NamesakeFacts own{index, reader.text(restartPolicy, "a container's restartPolicy"), false};
    reader.each(ports, "a container's ports", kMostElements,
                [&](std::string_view port) { readPort(reader, port, tcpPorts); });
    reader.each(mounts, "a container's volumeMounts", kMostElements, [&](std::string_view mount) {
        const std::string volume =
            reader.text(json_text::member(mount, "name"), "a container's volumeMounts[].name");
        own.mountsToken = own.mountsToken || volume == names::kTokenVolume;
    });
    if (!facts.namesake && name == names::kContainer) {
        facts.namesake = std::move(own);
    }
    if (index == 0) {
        facts.firstName = std::move(name);
    }
}

void readContainers(Reader& reader, std::optional<std::string_view> containers,
                    std::string_view path, ContainersFacts& facts, DeclaredPorts& tcpPorts) {
    std::size_t index = 0;
    facts.isList = reader.each(containers, path, kMostContainers, [&](std::string_view container) {
        readContainer(reader, container, index++, facts, tcpPorts);
    });
}

bool readsWindows(Reader& reader, std::optional<std::string_view> os,
                  std::optional<std::string_view> nodeSelector) {
    const auto system = reader.typed(os, Kind::Object, "spec.os");
    const auto selector = reader.typed(nodeSelector, Kind::Object, "spec.nodeSelector");
    const auto named = json_text::member(system.value_or(""), "name");
    const auto selected = json_text::member(selector.value_or(""), "kubernetes.io/os");
    return reader.text(named, "spec.os.name") == "windows" ||
           reader.text(selected, "spec.nodeSelector[kubernetes.io/os]") == "windows";
}

void readSpec(Reader& reader, std::string_view spec, PodFacts& facts) {
    const auto [restartPolicy, hostNetwork, os, nodeSelector, securityContext, volumes,
                initContainers, containers] =
        fieldsOf(spec, "restartPolicy", "hostNetwork", "os", "nodeSelector", "securityContext",
                 "volumes", "initContainers", "containers");
    facts.restartPolicy = reader.text(restartPolicy, "spec.restartPolicy");
    facts.usesHostNetwork = reader.truth(hostNetwork, "spec.hostNetwork");
    facts.isForWindows = readsWindows(reader, os, nodeSelector);
    const auto security = reader.typed(securityContext, Kind::Object, "spec.securityContext");
    facts.runsAsRoot = reader.integer(json_text::member(security.value_or(""), "runAsUser"),
                                      "spec.securityContext.runAsUser") == 0;
    facts.hasVolumes =
        reader.each(volumes, "spec.volumes", kMostElements, [&](std::string_view volume) {
            const std::string name =
                reader.text(json_text::member(volume, "name"), "spec.volumes[].name");
            facts.hasTokenVolume = facts.hasTokenVolume || name == names::kTokenVolume;
        });
    readContainers(reader, initContainers, "spec.initContainers", facts.initContainers,
                   facts.tcpPorts);
    readContainers(reader, containers, "spec.containers", facts.containers, facts.tcpPorts);
    if (facts.containers.firstName.empty()) {
        reader.complain("spec.containers names no container");
    }
}

}  // namespace

std::variant<PodFacts, Unreadable, Refusal> readPod(std::string_view pod) {
    PodFacts facts;
    Reader reader;
    const auto object = reader.typed(pod, Kind::Object, "the Pod");
    const auto [rawMetadata, rawSpec] = fieldsOf(object.value_or(""), "metadata", "spec");
    if (const auto metadata = reader.typed(rawMetadata, Kind::Object, "metadata")) {
        readMetadata(reader, *metadata, facts);
    }
    const bool mayAsk = !facts.annotations.empty() && injectIn(facts.annotations) != false;
    if (mayAsk && !reader.hasProblem()) {
        readSpec(reader, reader.typed(rawSpec, Kind::Object, "spec").value_or(""), facts);
    }
    if (auto problem = reader.problem()) {
        return *std::move(problem);
    }
    return facts;
}

}  // namespace injector::admission
