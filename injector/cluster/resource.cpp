#include "injector/cluster/resource.h"

#include <Poco/URI.h>
#include <fmt/format.h>

namespace injector::cluster {

std::string encoded(std::string_view text) {
    std::string result;
    Poco::URI::encode(std::string(text), "/?#&=+,;!", result);
    return result;
}

std::string collectionPath(const Resource& resource, std::string_view space) {
    // The core group, without a name, has a root of its own.
    const bool isCore = resource.apiVersion.find('/') == std::string_view::npos;
    const auto root = fmt::format("{}/{}", isCore ? "/api" : "/apis", resource.apiVersion);
    if (space.empty()) {
        return fmt::format("{}/{}", root, resource.plural);
    }
    return fmt::format("{}/namespaces/{}/{}", root, encoded(space), resource.plural);
}

std::string objectPath(const Resource& resource, std::string_view space, std::string_view name) {
    return fmt::format("{}/{}", collectionPath(resource, space), encoded(name));
}

}  // namespace injector::cluster
