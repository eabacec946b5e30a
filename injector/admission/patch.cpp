#include "injector/admission/patch.h"

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/version.h"
#include "injector/admission/json_writer.h"

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
