#include "injector/admission/program.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "elector/names.h"
#include "elector/runtime/log.h"
#include "injector/admission/annotations.h"
#include "injector/admission/json_writer.h"

namespace injector::admission {

namespace names = elector::names;

std::vector<Variable> variablesOf(std::string_view env, std::uint16_t port) {
    const std::string address = fmt::format("localhost:{}", port);
    if (env == "own") {
        return {{"LEADER_ELECTOR_URL", "http://" + address}};
    }
    if (env == "nais") {  // as naiserator writes them
        return {{"ELECTOR_PATH", address},
                {"ELECTOR_GET_URL", fmt::format("http://{}/", address)},
                {"ELECTOR_SSE_URL", fmt::format("http://{}/sse", address)}};
    }
    return {};
}

// ----------------------------------------------------------------------------------------- folders

namespace {

constexpr std::size_t kMostPathBytes = 128;

// Of `least` parts or more, each a name of letters, digits and marks that mean nothing to anybody.
bool isPlainPath(std::string_view path, int least) {
    if (!path.starts_with('/') || path.size() > kMostPathBytes) {
        return false;
    }
    int count = 0;
    while (!path.empty()) {
        path.remove_prefix(1);
        const auto part = path.substr(0, path.find('/'));
        const bool fits =
            !part.empty() && part != "." && part != ".." && std::ranges::all_of(part, [](char c) {
                return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '_' || c == '-';
            });
        if (!fits) {
            return false;
        }
        ++count;
        path.remove_prefix(part.size());
    }
    return count >= least;
}

bool isBelow(std::string_view path, std::string_view folder) {
    return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

}  // namespace

std::vector<SharedFolder> sharedFolders(const OptionValues& values) {
    std::vector<SharedFolder> folders;
    if (const std::string& folder = values["status-dir"]; !folder.empty()) {
        folders.push_back({"status-dir", names::kStatusVolume, folder, true});
    }
    if (const std::string& file = values["health-file"]; !file.empty()) {
        folders.push_back(
            {"health-file", names::kHealthVolume, file.substr(0, file.find_last_of('/')), false});
    }
    return folders;
}

bool isInTheWay(std::string_view mount, const SharedFolder& folder) {
    const auto path = std::filesystem::path("/" + std::string(mount)).lexically_normal().string();
    return !folder.path.empty() && isBelow(path, folder.path);
}

std::string complaintAboutFolders(const std::vector<SharedFolder>& folders) {
    const auto refused = [](const SharedFolder& folder, std::string_view why) {
        return refusalOf(folder.option, folder.path,
                         fmt::format(" is refused: {}; allowed is another folder", why))
            .sentence;
    };
    for (const SharedFolder& folder : folders) {
        if (isInTheWay(names::kProgram, folder) || isInTheWay(names::kTokenFolder, folder)) {
            return refused(folder, "the sidecar has its program or its token in there");
        }
        for (const SharedFolder& other : folders) {
            if (other.option != folder.option && isInTheWay(other.path, folder)) {
                return refused(folder, fmt::format("that of {}{} is the same, or in there",
                                                   names::kPrefix, other.option));
            }
        }
    }
    return "";
}

std::string complaintAboutFolder(const std::string& path) {
    return isPlainPath(path, 1) ? ""
                                : fmt::format(
                                      "allowed is an absolute path, of letters, digits and "
                                      "._- and at most {} characters, as /run/leader",
                                      kMostPathBytes);
}

std::string complaintAboutFileInFolder(const std::string& path) {
    return isPlainPath(path, 2)
               ? ""
               : fmt::format(
                     "allowed is an absolute path of a file in a folder, of letters, "
                     "digits and ._- and at most {} characters, as /run/app/alive",
                     kMostPathBytes);
}

std::string volumeOf(const SharedFolder& folder) {
    // In memory: a disk that hangs holds up neither side, and what is left of a Pod is nothing.
    return JsonObject()
        .addText("name", folder.volume)
        .add("emptyDir", R"({"medium":"Memory","sizeLimit":"1Mi"})")
        .text();
}

std::string mountOf(const SharedFolder& folder, bool inSidecar) {
    JsonObject mount;
    mount.addText("name", folder.volume).addText("mountPath", folder.path);
    if (folder.isWrittenBySidecar != inSidecar) {
        mount.add("readOnly", "true");
    }
    return mount.text();
}

bool isProxy(std::string_view container) {
    // Of Istio, Linkerd, Consul, Kuma, Open Service Mesh and App Mesh.
    constexpr std::array<std::string_view, 5> kProxies{"istio-proxy", "linkerd-proxy",
                                                       "consul-dataplane", "kuma-sidecar", "envoy"};
    return std::ranges::find(kProxies, container) != kProxies.end();
}

}  // namespace injector::admission
