#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/kubernetes/endpoint.h"
#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

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
// is no container of a Pod. `context` as below; a kubeconfig is needed where it is not "". Throws
// as readKubeconfig and readInCluster do.
std::optional<Access> findAccess(const std::string& kubeconfig, const std::string& context = {});

// The same where one has to be found: throws std::runtime_error whose sentence says what else there
// is.
Access requireAccess(const std::string& kubeconfig, const std::string& context = {});

// Splits KUBECONFIG's list at its colons; empty elements are left out, as kubectl does.
std::vector<std::filesystem::path> splitKubeconfigList(std::string_view list);

// Reads kubeconfig files as kubectl merges them: of each cluster, user and context the first file
// that names it counts, and the first current-context; relative paths are relative to the file that
// they stand in. Of several files those that do not exist are skipped, but not all of them.
//
// Understood are certificates, keys, authorities and tokens, in files or inline; what is empty
// counts as absent. Refused, with a sentence: exec and auth-provider plugins, user names with
// passwords, impersonation, proxies; data that stand in the file and hold no certificate, key or
// token; and what refuseUnsafe() refuses. Throws std::runtime_error whose sentence names file,
// line, value and remedy. `chosen` is the name of the context that counts; "":
// the current one.
Access readKubeconfig(const std::vector<std::filesystem::path>& files,
                      const std::string& chosen = {});

}  // namespace elector::kubernetes
