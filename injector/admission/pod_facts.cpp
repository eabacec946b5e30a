#include "injector/admission/pod_facts.h"

#include <fmt/format.h>

#include <utility>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "injector/admission/fields.h"

namespace injector::admission {

namespace {

namespace json_text = elector::kubernetes::json_text;
namespace names = elector::names;
using json_text::Kind;

// Reads members that have one type or are absent (or null, which the API server takes for absent).
// Remembers the first that has another type; what is read after that is of no use.
class Reader {
  public:
    // What is wrong, or "".
    const std::string& problem() const { return problem_; }
    void complain(std::string problem) {
        if (problem_.empty()) {
            problem_ = std::move(problem);
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
        auto decoded = found ? json_text::stringIn(*found) : std::string();
        if (!decoded) {
            complain(fmt::format("{} is no Unicode text", path));
        }
        return std::move(decoded).value_or("");
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

  private:
    std::string problem_;
};

void readAnnotations(std::string_view annotations, PodFacts& facts) {
    constexpr std::string_view kPrefix = names::kPrefix;
    for (const auto& [key, rawKey, value] : json_text::membersOf(annotations)) {
        facts.isMirror = facts.isMirror || key == "kubernetes.io/config.mirror";
        facts.namesDefaultContainer =
            facts.namesDefaultContainer || key == "kubectl.kubernetes.io/default-container";
        if (!key.starts_with(kPrefix)) {
            continue;
        }
        // Null is what the API server takes for an empty text here.
        const bool isNull = json_text::kindOf(value) == Kind::Null;
        facts.annotations[key.substr(kPrefix.size())] =
            isNull ? std::string() : json_text::stringIn(value);
    }
}

void readLabels(Reader& reader, std::string_view labels, PodFacts& facts) {
    const Fields fields(labels);
    facts.hasLabels = true;
    facts.isLabelledInjector = fields.find(names::kInjectorLabel).has_value();
    for (const std::string_view key : {"rollouts-pod-template-hash", "pod-template-hash"}) {
        if (const auto hash = fields.find(key)) {
            facts.templateHash = reader.text(hash, fmt::format("metadata.labels.{}", key));
        }
    }
}

void readOwners(Reader& reader, std::string_view owners, PodFacts& facts) {
    for (const std::string_view element : json_text::elementsOf(owners)) {
        const auto owner = reader.typed(element, Kind::Object, "metadata.ownerReferences[]");
        const Fields fields(owner.value_or(""));
        if (reader.truth(fields.find("controller"), "metadata.ownerReferences[].controller")) {
            facts.controller = Owner{
                reader.text(fields.find("apiVersion"), "metadata.ownerReferences[].apiVersion"),
                reader.text(fields.find("kind"), "metadata.ownerReferences[].kind"),
                reader.text(fields.find("name"), "metadata.ownerReferences[].name")};
        }
    }
}

void readMetadata(Reader& reader, std::string_view metadata, PodFacts& facts) {
    const Fields fields(metadata);
    if (const auto annotations =
            reader.typed(fields.find("annotations"), Kind::Object, "metadata.annotations")) {
        readAnnotations(*annotations, facts);
    }
    if (facts.annotations.empty()) {
        return;
    }
    facts.space = reader.text(fields.find("namespace"), "metadata.namespace");
    if (const auto labels = reader.typed(fields.find("labels"), Kind::Object, "metadata.labels")) {
        readLabels(reader, *labels, facts);
    }
    if (const auto owners =
            reader.typed(fields.find("ownerReferences"), Kind::Array, "metadata.ownerReferences")) {
        readOwners(reader, *owners, facts);
    }
}

void readPorts(Reader& reader, std::string_view ports, ContainerFacts& container) {
    for (const std::string_view element : json_text::elementsOf(ports)) {
        const auto port = reader.typed(element, Kind::Object, "a container's ports[]");
        const Fields fields(port.value_or(""));
        const auto number =
            reader.integer(fields.find("containerPort"), "a container's ports[].containerPort");
        const std::string protocol =
            reader.text(fields.find("protocol"), "a container's ports[].protocol");
        if (number && (protocol.empty() || protocol == "TCP")) {
            container.tcpPorts.push_back(*number);
        }
    }
}

ContainerFacts readContainer(Reader& reader, std::string_view container) {
    const Fields fields(container);
    ContainerFacts facts;
    facts.name = reader.text(fields.find("name"), "a container's name");
    if (facts.name.empty()) {
        reader.complain("a container has no name");
    }
    facts.restartPolicy = reader.text(fields.find("restartPolicy"), "a container's restartPolicy");
    if (const auto ports = reader.typed(fields.find("ports"), Kind::Array, "a container's ports")) {
        readPorts(reader, *ports, facts);
    }
    const auto mounts =
        reader.typed(fields.find("volumeMounts"), Kind::Array, "a container's volumeMounts");
    for (const std::string_view element : json_text::elementsOf(mounts.value_or(""))) {
        const auto mount = reader.typed(element, Kind::Object, "a container's volumeMounts[]");
        facts.mountedVolumes.push_back(reader.text(json_text::member(mount.value_or(""), "name"),
                                                   "a container's volumeMounts[].name"));
    }
    return facts;
}

std::vector<ContainerFacts> readContainers(Reader& reader, std::string_view containers,
                                           std::string_view path) {
    std::vector<ContainerFacts> facts;
    for (const std::string_view element : json_text::elementsOf(containers)) {
        const auto container = reader.typed(element, Kind::Object, path);
        facts.push_back(readContainer(reader, container.value_or("")));
    }
    return facts;
}

bool readsWindows(Reader& reader, const Fields& spec) {
    const auto system = reader.typed(spec.find("os"), Kind::Object, "spec.os");
    const auto selector =
        reader.typed(spec.find("nodeSelector"), Kind::Object, "spec.nodeSelector");
    const auto named = json_text::member(system.value_or(""), "name");
    const auto selected = json_text::member(selector.value_or(""), "kubernetes.io/os");
    return reader.text(named, "spec.os.name") == "windows" ||
           reader.text(selected, "spec.nodeSelector[kubernetes.io/os]") == "windows";
}

void readVolumes(Reader& reader, std::string_view volumes, PodFacts& facts) {
    facts.hasVolumes = true;
    for (const std::string_view element : json_text::elementsOf(volumes)) {
        const auto volume = reader.typed(element, Kind::Object, "spec.volumes[]");
        const std::string name =
            reader.text(json_text::member(volume.value_or(""), "name"), "spec.volumes[].name");
        facts.hasTokenVolume = facts.hasTokenVolume || name == names::kTokenVolume;
    }
}

void readSpec(Reader& reader, std::string_view spec, PodFacts& facts) {
    const Fields fields(spec);
    facts.restartPolicy = reader.text(fields.find("restartPolicy"), "spec.restartPolicy");
    facts.usesHostNetwork = reader.truth(fields.find("hostNetwork"), "spec.hostNetwork");
    facts.isForWindows = readsWindows(reader, fields);
    const auto security =
        reader.typed(fields.find("securityContext"), Kind::Object, "spec.securityContext");
    facts.runsAsRoot = reader.integer(json_text::member(security.value_or(""), "runAsUser"),
                                      "spec.securityContext.runAsUser") == 0;
    if (const auto volumes = reader.typed(fields.find("volumes"), Kind::Array, "spec.volumes")) {
        readVolumes(reader, *volumes, facts);
    }
    if (const auto containers =
            reader.typed(fields.find("initContainers"), Kind::Array, "spec.initContainers")) {
        facts.hasInitContainers = true;
        facts.initContainers = readContainers(reader, *containers, "spec.initContainers[]");
    }
    if (const auto containers =
            reader.typed(fields.find("containers"), Kind::Array, "spec.containers")) {
        facts.containers = readContainers(reader, *containers, "spec.containers[]");
    }
    if (facts.containers.empty()) {
        reader.complain("spec.containers names no container");
    }
}

}  // namespace

std::variant<PodFacts, Unreadable> readPod(std::string_view pod) {
    PodFacts facts;
    Reader reader;
    const Fields fields(reader.typed(pod, Kind::Object, "the Pod").value_or(""));
    if (const auto metadata = reader.typed(fields.find("metadata"), Kind::Object, "metadata")) {
        readMetadata(reader, *metadata, facts);
    }
    if (!facts.annotations.empty() && injectIn(facts.annotations) != false) {
        const auto spec = reader.typed(fields.find("spec"), Kind::Object, "spec");
        readSpec(reader, spec.value_or(""), facts);
    }
    if (!reader.problem().empty()) {
        return Unreadable{reader.problem()};
    }
    return facts;
}

}  // namespace injector::admission
