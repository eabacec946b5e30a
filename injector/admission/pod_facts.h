#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "injector/admission/annotations.h"

namespace injector::admission {

// The controller of a Pod, by its ownerReferences.
struct Owner {
    std::string apiVersion;
    std::string kind;
    std::string name;
};

struct ContainerFacts {
    std::string name;
    std::string restartPolicy;                // "" where it has none of its own
    std::vector<std::int64_t> tcpPorts;       // those that it declares
    std::vector<std::string> mountedVolumes;  // by the volumes' names
};

// What of a Pod bears on its sidecar. All else is neither read nor judged.
struct PodFacts {
    Annotations annotations;
    bool isMirror = false;               // made by a kubelet, of a static Pod
    bool namesDefaultContainer = false;  // by kubectl's annotation
    std::string space;                   // "" where the Pod names no namespace
    bool hasLabels = false;              // an object, empty or not
    bool isLabelledInjector = false;     // as the injector's own Pods are
    // The labels that tell the name of a Deployment (a Rollout of Argo's) from its ReplicaSet's.
    std::string templateHash;
    std::optional<Owner> controller;

    std::string restartPolicy;  // "" where the Pod leaves it to the API's default, Always
    bool usesHostNetwork = false;
    bool isForWindows = false;
    bool runsAsRoot = false;         // its security context says user 0
    bool hasInitContainers = false;  // an array, empty or not
    bool hasVolumes = false;         // an array, empty or not
    bool hasTokenVolume = false;     // a volume of the name of ours
    std::vector<ContainerFacts> initContainers;
    std::vector<ContainerFacts> containers;  // at least one
};

// Why a text is no Pod: a sentence.
struct Unreadable {
    std::string sentence;
};

// Reads a Pod, a value of a text that json_text::isValid() accepted. Where a key stands twice the
// last one counts, as for the API server. Of a Pod without annotations of ours, and of one whose
// `inject` is "false", only metadata is read.
std::variant<PodFacts, Unreadable> readPod(std::string_view pod);

}  // namespace injector::admission
