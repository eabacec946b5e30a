#include "injector/cluster/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/cluster/resource.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::json_text;
using elector::kubernetes::ApiError;
using elector::kubernetes::ErrorKind;
using elector::kubernetes::Instant;
using elector::kubernetes::Method;
using elector::kubernetes::Request;
using elector::runtime::jsonString;
using json_text::Keep;

constexpr const char* kMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr const char* kMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr const char* kJsonPatch = "application/json-patch+json";
constexpr const char* kApplyPatch = "application/apply-patch+yaml";
constexpr const char* kMergePatch = "application/merge-patch+json";

// Bytes that a list is read by.
constexpr std::size_t kBlock = std::size_t{16} * 1024;

// What is kept of a list: nothing but its own metadata, and an object while it is read.
constexpr Keep kMetadataOfList{.most = std::size_t{64} * 1024};

// A list of so many pages changes faster than it can be read; whoever lists comes again later.
constexpr int kMaxRestarts = 3;

ApiError malformed(const std::string& collection, const char* what) {
    return {ErrorKind::Malformed, 0, std::nullopt,
            fmt::format("the list of {} {}", collection, what)};
}

std::string separated(const std::string& query) {
    return query.empty() ? "" : "&" + query;
}

// What a write names as its author.
std::string asManager(const std::string& path) {
    return fmt::format("{}?fieldManager={}", path, elector::names::kOperator);
}

Result<std::optional<std::string>> orNothing(Result<std::string> answer) {
    if (answer) {
        return std::optional(std::move(answer).value());
    }
    if (answer.error().kind == ErrorKind::NotFound) {
        return std::optional<std::string>();
    }
    return std::move(answer).error();
}

}  // namespace

Api::Api(elector::kubernetes::Access access, const elector::runtime::Clock& clock,
         std::stop_token stop)
    : clock_(clock), stop_(std::move(stop)), client_(std::move(access), clock) {}

Result<std::string> Api::call(Request request) {
    if (request.keep == nullptr) {
        request.keep = &elector::kubernetes::kWithoutManagedFields;
    }
    auto answer = client_.request(request, {clock_.now() + kCallLimit, stop_});
    if (!answer) {
        return std::move(answer).error();
    }
    return std::move(answer.value().body);
}

Result<std::optional<std::string>> Api::get(const std::string& path, const Keep& keep) {
    Request request;
    request.path = path;
    request.keep = &keep;
    return orNothing(call(request));
}

Result<std::optional<std::string>> Api::getMetadata(const std::string& path) {
    Request request;
    request.path = path;
    request.accept = kMetadata;
    request.keep = &kMetaOnly;
    return orNothing(call(request));
}

std::variant<Api::Page, Api::PageFailure> Api::page(
    const std::string& collection, const std::string& query, const std::string& next, int size,
    const std::function<void(const Item& item)>& each, const Keep& object) {
    Request request;
    request.path = fmt::format("{}?limit={}{}", collection, size, separated(query));
    if (!next.empty()) {
        request.path += "&continue=" + encoded(next);
    }
    if (&object == &kMetaOnly) {
        request.accept = kMetadataList;
    }
    const Instant end = clock_.now() + kPageLimit;
    if (const auto opened = client_.openStream(request, {clock_.now() + kCallLimit, stop_});
        !opened) {
        return PageFailure{opened.error()};
    }
    const Keep items{.elements = &object, .isHandedOut = true};
    const std::array parts{Keep::Member{"metadata", &kMetadataOfList},
                           Keep::Member{"items", &items}};
    const Keep list{.members = parts, .dropsOthers = true};
    json_text::Filter filter(list, elector::kubernetes::Client::kMaxBody,
                             [&](const auto& element) { each({element.text, element.leftOut}); });
    std::array<char, kBlock> block{};
    for (;;) {
        client_.setStreamLimits({std::min(clock_.now() + kCallLimit, end), stop_});
        const auto got = client_.readStream(block.data(), block.size());
        if (!got) {
            return PageFailure{got.error(), true};
        }
        if (got.value() == 0) {
            break;
        }
        filter.take({block.data(), got.value()});
    }
    if (!filter.isComplete() || !json_text::isValid(filter.text())) {
        return PageFailure{malformed(collection, "is not JSON")};
    }
    const auto metadata = json_text::member(filter.text(), "metadata").value_or("");
    Page page{json_text::textAt(metadata, "resourceVersion"),
              json_text::textAt(metadata, "continue")};
    if (page.version.empty()) {
        return PageFailure{malformed(collection, "has no metadata.resourceVersion")};
    }
    return page;
}

Result<std::string> Api::list(const std::string& collection, const std::string& query,
                              const std::function<void(const Item& item)>& each,
                              const std::function<void()>& again, const Keep& object) {
    std::string next;
    int size = kPageSize;
    int restarts = 0;
    for (;;) {
        const auto got = page(collection, query, next, size, each, object);
        if (const auto* read = std::get_if<Page>(&got)) {
            if (read->next.empty()) {
                return read->version;
            }
            next = read->next;
            continue;
        }
        const auto& failure = std::get<PageFailure>(got);
        const bool isForgotten = failure.error.kind == ErrorKind::Gone && !next.empty();
        if (failure.hadBegun && size > 1 && !stop_.stop_requested()) {
            size /= 2;  // it took too long
        } else if (!isForgotten || ++restarts > kMaxRestarts) {
            return failure.error;
        }
        next.clear();
        if (again) {
            again();
        }
    }
}

ApiError Api::watch(const std::string& collection, const std::string& query,
                    const std::string& version,
                    const std::function<bool(const elector::kubernetes::WatchEvent&)>& each,
                    const Keep& object) {
    const elector::kubernetes::Watch watch{
        .collection = collection,
        .query = query,
        .version = version,
        .accept = &object == &kMetaOnly ? kMetadata : "application/json",
        .object = object,
        .setUp = kCallLimit,
        .silence = kSilence};
    return elector::kubernetes::follow(
        client_, clock_, watch, stop_, [&](const auto& event) -> std::optional<ApiError> {
            if (each(event)) {
                return std::nullopt;
            }
            return ApiError{ErrorKind::Gone, 0, std::nullopt, "the watch was ended to list again"};
        });
}

Result<std::string> Api::create(const std::string& collection, const std::string& body) {
    Request request;
    request.method = Method::Post;
    request.path = asManager(collection);
    request.body = body;
    return call(request);
}

Result<std::string> Api::patch(const std::string& path, const std::string& body,
                               const char* contentType, const Keep& keep) {
    Request request;
    request.keep = &keep;
    request.method = Method::Patch;
    request.path = path;
    request.body = body;
    request.contentType = contentType;
    return call(request);
}

Result<std::string> Api::apply(const std::string& path, const std::string& body, Force force) {
    return patch(asManager(path) + (force == Force::Yes ? "&force=true" : ""), body, kApplyPatch,
                 elector::kubernetes::kWithoutManagedFields);
}

Result<std::string> Api::jsonPatch(const std::string& path, const std::string& body) {
    return patch(asManager(path), body, kJsonPatch, elector::kubernetes::kWithoutManagedFields);
}

Result<std::string> Api::mergePatch(const std::string& path, const std::string& body,
                                    const Keep& keep) {
    return patch(asManager(path), body, kMergePatch, keep);
}

Result<Done> Api::remove(const std::string& path, const std::string& uid,
                         const std::string& resourceVersion) {
    std::string preconditions = fmt::format(R"("uid":{})", jsonString(uid));
    if (!resourceVersion.empty()) {
        preconditions += fmt::format(R"(,"resourceVersion":{})", jsonString(resourceVersion));
    }
    Request request;
    request.method = Method::Delete;
    request.path = path;
    request.body = fmt::format(
        R"({{"apiVersion":"v1","kind":"DeleteOptions","preconditions":{{{}}}}})", preconditions);
    const auto answer = call(request);
    if (!answer && answer.error().kind != ErrorKind::NotFound) {
        return answer.error();
    }
    return Done();
}

}  // namespace injector::cluster
