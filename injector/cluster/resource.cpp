#include "injector/cluster/resource.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace injector::cluster {

std::string_view groupOf(std::string_view apiVersion) {
    const auto slash = apiVersion.find('/');
    return slash == std::string_view::npos ? "" : apiVersion.substr(0, slash);
}

std::string collectionPath(const Resource& resource, std::string_view space) {
    const bool isCore = groupOf(resource.apiVersion).empty();
    const auto root = fmt::format("{}/{}", isCore ? "/api" : "/apis", resource.apiVersion);
    if (space.empty()) {
        return fmt::format("{}/{}", root, resource.plural);
    }
    return fmt::format("{}/namespaces/{}/{}", root, encoded(std::string(space)), resource.plural);
}

std::string objectPath(const Resource& resource, std::string_view space, std::string_view name) {
    return fmt::format("{}/{}", collectionPath(resource, space), encoded(std::string(name)));
}

bool isProtected(std::string_view space) {
    constexpr std::array<std::string_view, 3> kSpaces{"kube-system", "kube-node-lease",
                                                      "kube-public"};
    return std::ranges::find(kSpaces, space) != kSpaces.end();
}

}  // namespace injector::cluster
