#pragma once

#include <optional>
#include <string_view>

#include "injector/admission/pod_reader.h"

// Whether a Pod runs on Windows, by all that the scheduler and the kubelet go by.
namespace injector::admission {

// By its spec: `os`, the labels of nodes that it asks for by nodeSelector or in every term of its
// required node affinity (kubernetes.io/os, the older beta.kubernetes.io/os, and that of Windows'
// build), or a security context of host processes.
bool isPodForWindows(PodReader& reader, std::string_view spec);

// Whether the security context at `path`, a Pod's or a container's, is that of a host process,
// which there is on Windows alone.
bool isOfHostProcess(PodReader& reader, std::optional<std::string_view> securityContext,
                     std::string_view path);

}  // namespace injector::admission
