#include "injector/operator/leading_api.h"

namespace injector::operators {

Result<std::optional<cluster::ObjectMeta>> LeadingApi::getMeta(const std::string& path) {
    const auto answer = api_.getMetadata(path);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    if (!document) {
        return std::optional<cluster::ObjectMeta>();
    }
    auto meta = cluster::parseMeta(*document);
    if (!meta) {
        return std::move(meta).error();
    }
    return std::optional(std::move(meta).value());
}

}  // namespace injector::operators
