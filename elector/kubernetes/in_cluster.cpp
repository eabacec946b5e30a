#include "elector/kubernetes/in_cluster.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>

#include "elector/kubernetes/file_text.h"

namespace elector::kubernetes {

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see the header
    return value != nullptr ? value : "";
}

void requireFile(const std::filesystem::path& path) {
    if (const auto text = readFile(path); !text) {
        throw std::runtime_error(
            fmt::format("{}; a Pod needs its service account's token mounted "
                        "(automountServiceAccountToken, or a projected volume), or --kubeconfig",
                        text.error().message));
    }
}

}  // namespace

std::optional<InClusterSources> inClusterSources() {
    InClusterSources sources;
    sources.host = variable("KUBERNETES_SERVICE_HOST");
    sources.port = variable("KUBERNETES_SERVICE_PORT");
    if (sources.host.empty() || sources.port.empty()) {
        return std::nullopt;
    }
    return sources;
}

Access readInCluster(const InClusterSources& sources) {
    const bool isV6 = sources.host.find(':') != std::string::npos;
    Access access;
    access.origin = "the service account";
    try {
        const auto host = isV6 ? "[" + sources.host + "]" : sources.host;
        access.server = parseEndpoint(fmt::format("https://{}:{}", host, sources.port));
    } catch (const std::runtime_error& error) {
        throw std::runtime_error(
            fmt::format("KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT: {}", error.what()));
    }
    const auto token = sources.folder / "token";
    const auto authorities = sources.folder / "ca.crt";
    requireFile(token);
    requireFile(authorities);
    access.token = Source::file(token);
    access.authorities = Source::file(authorities);
    if (const auto space = readFile(sources.folder / "namespace")) {
        if (auto name = Poco::trim(space.value()); !name.empty()) {
            access.space = std::move(name);
        }
    }
    return access;
}

}  // namespace elector::kubernetes
