#pragma once

#include <filesystem>
#include <optional>
#include <string>
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
    std::string serverName;         // tls-server-name; "": the server's host
    bool skipVerify = false;        // insecure-skip-tls-verify
    std::string space = "default";  // the namespace where none is given
    std::string origin;  // where this was read, for the log: "kubeconfig PATH, context X"
};

// Throws std::runtime_error where `access` would send a token or certificate over http://, or
// speak plain http with another machine: whoever is in between could name the leader.
void refuseUnsafe(const Access& access);

}  // namespace elector::kubernetes
