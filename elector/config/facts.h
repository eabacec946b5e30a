#pragma once

#include <map>
#include <optional>
#include <string>

// What a process finds where it was started: the machine, the Pod, the environment.
namespace elector::config {

// What is found on the machine rather than told: gathered once at start, a value to the rest.
struct Facts {
    std::string hostName;
    std::string random;  // distinguishes processes that would have the same default id
    // The contents of the files that Kubernetes mounts for the service account, as read.
    std::optional<std::string> serviceAccountNamespace;
    std::optional<std::string> serviceAccountToken;
    bool logsToTerminal = false;
};

// Reads them: host name, randomness, and two small files under `serviceAccountFolder`, which may
// not exist.
Facts gatherFacts(
    const std::string& serviceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount");

using Environment = std::map<std::string, std::string>;

// The variables of `variables` ("NAME=value" strings, null at the end, as in environ). Of several
// with one name the first counts, as for getenv.
Environment environmentFrom(const char* const* variables);

// The UID of the Pod that a service account's token (a JWT) is bound to; "" if it names none, or is
// no such token. Only reads: a process is told here who it is by its own file, and whoever could
// forge that could forge its flags.
std::string podUidOf(const std::string& token);

// True for what may be a Pod's UID: letters, digits and dashes, at most 64 of them (a UUID has 36;
// static Pods have a hash).
bool isPodUid(const std::string& text);

}  // namespace elector::config
