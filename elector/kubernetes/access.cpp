#include "elector/kubernetes/access.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/String.h>
#include <Poco/URI.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "elector/kubernetes/kubeconfig.h"
#include "elector/runtime/file_text.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

// ---------------------------------------------------------------------------------------- endpoint

namespace {

bool isHostName(std::string_view host) {
    return std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

// `url` as it may be printed: a user and a password in it are for nobody to read.
std::string withoutUser(std::string_view url) {
    const auto at = url.rfind('@');
    if (at == std::string_view::npos) {
        return std::string(url);
    }
    const auto scheme = url.substr(0, at).find("://");
    const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    return std::string(url.substr(0, begin)) + "..." + std::string(url.substr(at));
}

}  // namespace

std::string Endpoint::authority() const {
    const bool isV6 = host.find(':') != std::string::npos;
    return isV6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Endpoint::text() const {
    return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), pathPrefix);
}

Endpoint parseEndpoint(std::string_view url) {
    const auto refuse = [&](const char* why) -> std::runtime_error {
        return std::runtime_error(
            fmt::format("the server's address \"{}\" {}; write https://HOST:PORT",
                        runtime::quoted(withoutUser(url)), why));
    };
    Poco::URI uri;
    try {
        uri = std::string(url);
    } catch (const Poco::Exception&) {
        throw refuse("is no URL");
    }
    if (uri.getScheme() != "https" && uri.getScheme() != "http") {
        throw refuse("begins with neither https:// nor http://");
    }
    if (uri.getHost().empty() || uri.getPort() == 0) {
        throw refuse("has no host or no port");
    }
    if (!isHostName(uri.getHost()) && !isIpLiteral(uri.getHost())) {
        throw refuse("has a host that is neither a name nor an IP address");
    }
    if (!uri.getUserInfo().empty() || !uri.getRawQuery().empty() || !uri.getFragment().empty()) {
        throw refuse("has a user, a query or a fragment");
    }
    Endpoint endpoint;
    endpoint.tls = uri.getScheme() == "https";
    endpoint.host = uri.getHost();
    endpoint.port = uri.getPort();
    Poco::URI::encode(uri.getPath(), "", endpoint.pathPrefix);
    while (!endpoint.pathPrefix.empty() && endpoint.pathPrefix.back() == '/') {
        endpoint.pathPrefix.pop_back();
    }
    return endpoint;
}

bool isIpLiteral(const std::string& host) {
    Poco::Net::IPAddress address;
    return Poco::Net::IPAddress::tryParse(host, address);
}

bool isLoopback(const std::string& host) {
    Poco::Net::IPAddress address;
    return host == "localhost" ||
           (Poco::Net::IPAddress::tryParse(host, address) && address.isLoopback());
}

// ------------------------------------------------------------------------------------------ access

namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): see the header
    return value != nullptr ? value : "";
}

// Why a file that is there cannot be read, and what to do about it.
std::string remedyFor(const std::filesystem::path& path) {
    struct stat status{};
    if (access(path.c_str(), R_OK) != 0 && errno == EACCES) {
        const std::string owner = stat(path.c_str(), &status) == 0
                                      ? fmt::format("it belongs to user {}, and ", status.st_uid)
                                      : std::string();
        return fmt::format(
            "{}this process is user {}; let the Pod's securityContext.fsGroup be a group of this "
            "container, as 65532, or run the container as the file's owner",
            owner, geteuid());
    }
    return "a Pod needs its service account's token mounted (automountServiceAccountToken, or a "
           "projected volume), or --kubeconfig";
}

void requireFile(const std::filesystem::path& path) {
    if (const auto text = runtime::readFile(path); !text) {
        throw std::runtime_error(fmt::format("{}; {}", text.error().message, remedyFor(path)));
    }
}

}  // namespace

Result<std::string> Source::read() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return runtime::readFile(*path);
    }
    return std::get<std::string>(origin_);
}

std::optional<std::filesystem::path> Source::path() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return *path;
    }
    return std::nullopt;
}

void refuseUnsafe(const Access& access) {
    if (access.server.tls) {
        return;
    }
    if (access.token || access.certificate) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, and credentials are never sent "
                        "in the clear; use an https:// address or a user without credentials",
                        access.origin, access.server.text()));
    }
    if (!isLoopback(access.server.host)) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, which is allowed for a "
                        "loopback address only; use an https:// address",
                        access.origin, access.server.text()));
    }
}

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
    if (const auto space = runtime::readFile(sources.folder / "namespace")) {
        if (auto name = Poco::trim(space.value()); !name.empty()) {
            access.space = std::move(name);
        }
    }
    return access;
}

std::optional<Access> findAccess(const std::string& kubeconfig) {
    if (!kubeconfig.empty()) {
        return readKubeconfig(splitKubeconfigList(kubeconfig));
    }
    if (const auto sources = inClusterSources()) {
        return readInCluster(*sources);
    }
    return std::nullopt;
}

}  // namespace elector::kubernetes
