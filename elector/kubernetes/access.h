#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// Where an API server is found.
struct Endpoint {
    bool tls = true;
    std::string host;  // a name or an IP address, IPv6 without brackets
    std::uint16_t port = 443;
    std::string pathPrefix;  // "" or "/k8s/clusters/x": stands before the path of every request

    // "10.0.0.1:6443", "[fd00::1]:443": as in a Host header and in sentences.
    std::string authority() const;
    std::string text() const;  // with scheme and prefix
};

// Reads "https://HOST[:PORT][/PREFIX]", or the same with http. Throws std::runtime_error, whose
// sentence says what is wrong with it.
Endpoint parseEndpoint(std::string_view url);

bool isIpLiteral(const std::string& host);

// True for localhost and for loopback addresses.
bool isLoopback(const std::string& host);

// Where a certificate, key or token comes from: a file, read again whenever it is needed, or the
// text itself.
class Source {
  public:
    static Source file(std::filesystem::path path) { return Source(std::move(path)); }
    static Source text(std::string text) { return Source(std::move(text)); }

    Result<std::string> read() const;
    // The file's path, or nothing.
    std::optional<std::filesystem::path> path() const;

  private:
    explicit Source(std::variant<std::filesystem::path, std::string> origin)
        : origin_(std::move(origin)) {}

    std::variant<std::filesystem::path, std::string> origin_;
};

// How to reach an API server, and as whom. A value; made by readInCluster or readKubeconfig.
struct Access {
    Endpoint server;
    std::optional<Source> authorities;  // nothing: those that the system trusts
    std::optional<Source> certificate;  // the client's; comes with a key or not at all
    std::optional<Source> key;
    std::optional<Source> token;
    std::string spareToken;         // used until the token's file can be read; "": none
    std::string serverName;         // tls-server-name; "": the server's host
    bool skipVerify = false;        // insecure-skip-tls-verify
    std::string space = "default";  // the namespace where none is given
    std::string origin;  // where this was read, for the log: "kubeconfig PATH, context X"
};

// Throws std::runtime_error where `access` would send a token or certificate over http://, or
// speak plain http with another machine: whoever is in between could name the leader.
void refuseUnsafe(const Access& access);

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

// How to reach the API server that a program was started for: by `kubeconfig`, a path or several
// with colons between, or where that is "" from within the cluster. Nothing where it is "" and this
// is no container of a Pod. Throws as readKubeconfig and readInCluster do.
std::optional<Access> findAccess(const std::string& kubeconfig);

}  // namespace elector::kubernetes
