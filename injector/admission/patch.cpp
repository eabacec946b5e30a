#include "injector/admission/patch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/version.h"
#include "injector/admission/json_writer.h"
#include "injector/admission/program.h"

namespace injector::admission {

namespace {

using elector::runtime::jsonString;
namespace names = elector::names;

std::string annotationPath(std::string_view annotation) {
    return "/metadata/annotations/" + pointerPart(annotation);
}

void addLabels(JsonPatch& patch, const PodFacts& pod, std::uint16_t port) {
    std::vector<std::pair<Key, std::string>> labels{{Key(names::kInjectedLabel), "true"}};
    if (port != names::kDefaultPort) {
        labels.emplace_back(Key(names::kPortLabel), std::to_string(port));
    }
    JsonObject all;
    for (const auto& [name, value] : labels) {
        if (pod.hasLabels) {
            patch.add("/metadata/labels/" + pointerPart(name.text()), jsonString(value));
        } else {
            all.add(name, jsonString(value));
        }
    }
    if (!pod.hasLabels) {
        patch.add("/metadata/labels", all.text());
    }
}

// Puts `element` into a list at `position`; makes the list where there is none.
void addTo(JsonPatch& patch, std::string_view list, bool exists, std::string_view position,
           const std::string& element) {
    if (exists) {
        patch.add(fmt::format("{}/{}", list, position), element);
    } else {
        patch.add(list, jsonArray({element}));
    }
}

// Before what stands there, so that the program's own variables can refer to these.
void addVariables(JsonPatch& patch, const std::string& path, const ProgramContainer& container,
                  const SidecarSpec& spec) {
    std::vector<std::string> list;
    for (const auto& [name, value] : variablesOf(spec.values["env"], spec.port)) {
        if (std::ranges::find(container.lacks, name) != container.lacks.end()) {
            list.push_back(JsonObject().addText("name", name).addText("value", value).text());
        }
    }
    if (!container.hasVariables && !list.empty()) {
        patch.add(path + "/env", jsonArray(list));
        return;
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        patch.add(fmt::format("{}/env/{}", path, i), list[i]);
    }
}

void addMounts(JsonPatch& patch, const std::string& path, bool exists,
               const std::vector<SharedFolder>& folders) {
    for (const SharedFolder& folder : folders) {
        addTo(patch, path + "/volumeMounts", exists, "-", mountOf(folder, false));
        exists = true;
    }
}

// To the program's containers, and variables also to the init containers that start behind the
// sidecar. By their places in the lists as they are before the sidecar is in them.
void addToProgram(JsonPatch& patch, const PodFacts& pod, const SidecarSpec& spec) {
    const auto& before = pod.initContainers.first;
    const std::size_t firstBehind = before ? *before + 1 : 0;
    for (const ProgramContainer& container : pod.program.containers) {
        const bool isBehind = spec.mode == Mode::Sidecar && container.index >= firstBehind;
        const bool isGiven = !container.isInit || isBehind;
        const bool getsMounts = !container.isInit && !pod.program.folders.empty();
        if (!isGiven || (container.lacks.empty() && !getsMounts)) {
            continue;
        }
        const std::string path = fmt::format(
            "/spec/{}/{}", container.isInit ? "initContainers" : "containers", container.index);
        patch.test(path + "/name", jsonString(container.name));
        addVariables(patch, path, container, spec);
        if (getsMounts) {
            addMounts(patch, path, container.hasMounts, pod.program.folders);
        }
    }
}

// As early as it can be, so that the init containers behind it find an answer too; but behind a
// proxy through which it talks: what starts before it ends after it, so that it still reaches the
// API server when it gives its Lease up.
void addSidecar(JsonPatch& patch, const ContainersFacts& initContainers,
                const std::string& sidecar) {
    constexpr std::string_view kList = "/spec/initContainers";
    if (!initContainers.first) {
        addTo(patch, kList, initContainers.isList, "0", sidecar);
        return;
    }
    patch
        .test(fmt::format("{}/{}/name", kList, *initContainers.first),
              jsonString(initContainers.nameOfFirst))
        .add(fmt::format("{}/{}", kList, *initContainers.first + 1), sidecar);
}

// kubectl's logs and exec go on to mean the program, which stays the first of the containers.
void keepDefaultContainer(JsonPatch& patch, const PodFacts& pod) {
    if (pod.namesDefaultContainer) {
        return;
    }
    const std::string program = jsonString(pod.containers.firstName);
    patch.test("/spec/containers/0/name", program)
        .add(annotationPath("kubectl.kubernetes.io/default-container"), program);
}

}  // namespace

std::string injectedStatus() {
    return fmt::format("{}{}", kInjectedStatus, elector::kVersion);
}

std::string injectionPatch(const PodFacts& pod, const SidecarSpec& spec) {
    JsonPatch patch;
    const bool isSidecar = spec.mode == Mode::Sidecar;
    if (!isSidecar) {
        keepDefaultContainer(patch, pod);
    }
    if (!pod.annotations.contains("lease-name")) {
        patch.add(annotationPath(names::kLeaseNameAnnotation),
                  jsonString(spec.values["lease-name"]));
    }
    patch.add(annotationPath(names::kStatusAnnotation), jsonString(injectedStatus()));
    addLabels(patch, pod, spec.port);
    addTo(patch, "/spec/volumes", pod.hasVolumes, "-", tokenVolume());
    for (const SharedFolder& folder : pod.program.folders) {
        patch.add("/spec/volumes/-", volumeOf(folder));
    }
    addToProgram(patch, pod, spec);
    if (isSidecar) {
        addSidecar(patch, pod.initContainers, sidecarContainer(spec));
    } else {
        patch.add("/spec/containers/-", sidecarContainer(spec));
    }
    return patch.text();
}

std::string repairPatch(std::size_t index) {
    const std::string path = fmt::format("/spec/initContainers/{}", index);
    return JsonPatch()
        .test(path + "/name", jsonString(names::kContainer))
        .add(path + "/restartPolicy", jsonString("Always"))
        .text();
}

std::string skipPatch(const PodFacts& pod, std::string_view reason) {
    const std::string status = fmt::format("skipped: {}", reason);
    const auto current = pod.annotations.find("status");
    if (current != pod.annotations.end() && current->second == status) {
        return JsonPatch().text();
    }
    return JsonPatch().add(annotationPath(names::kStatusAnnotation), jsonString(status)).text();
}

}  // namespace injector::admission
