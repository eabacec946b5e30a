#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "injector/admission/pod_facts.h"
#include "injector/admission/sidecar.h"

// The changes of a Pod as JSON Patches. REQUIRES of each function: the Pod has annotations, as it
// asked for something by one.
namespace injector::admission {

// Status of a Pod with a sidecar: "injected VERSION".
std::string injectedStatus();
inline constexpr std::string_view kInjectedStatus = "injected ";

// Adds sidecar, volumes, annotations and label, and what annotations add to the program.
std::string injectionPatch(const PodFacts& pod, const SidecarSpec& spec);

// Gives the sidecar, the init container at `index`, its restartPolicy back.
std::string repairPatch(std::size_t index);

// Says in the status why there is no sidecar; "[]" where it says so already.
std::string skipPatch(const PodFacts& pod, std::string_view reason);

}  // namespace injector::admission
