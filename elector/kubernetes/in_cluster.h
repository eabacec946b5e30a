#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "elector/kubernetes/access.h"

namespace elector::kubernetes {

// What Kubernetes gives to a container to reach its API server.
struct InClusterSources {
    std::string host;  // KUBERNETES_SERVICE_HOST: an IP address, IPv6 without brackets
    std::string port;  // KUBERNETES_SERVICE_PORT
    // Where the service account's token, ca.crt and namespace are mounted.
    std::filesystem::path folder = "/var/run/secrets/kubernetes.io/serviceaccount";
};

// Reads the two variables of the environment; nothing where this is no container of a Pod.
// Not for use while another thread changes the environment.
std::optional<InClusterSources> inClusterSources();

// How a Pod reaches its API server. The token and the authorities are read again as they rotate.
// Throws std::runtime_error where the address or the mounted files are unusable; its sentence says
// what to do.
Access readInCluster(const InClusterSources& sources);

}  // namespace elector::kubernetes
