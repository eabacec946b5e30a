#include "injector/cluster/api.h"

#include <fmt/format.h>

#include <algorithm>
#include <random>
#include <utility>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "injector/cluster/resource.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::kubernetes::json_text;
using elector::kubernetes::ApiError;
using elector::kubernetes::ErrorKind;
using elector::kubernetes::Instant;
using elector::kubernetes::Method;
using elector::kubernetes::Request;
using elector::runtime::jsonString;

constexpr const char* kMetadata = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
constexpr const char* kMetadataList =
    "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
constexpr const char* kApplyPatch = "application/apply-patch+yaml";
constexpr const char* kMergePatch = "application/merge-patch+json";

// A list of so many pages changes faster than it can be read; whoever lists comes again later.
constexpr int kMaxRestarts = 3;

// How long the server is asked to keep a watch: as long as its own default at least, and spread, so
// that watches do not end together.
constexpr int kShortestWatchSeconds = 1800;
constexpr int kLongestWatchSeconds = 3600;

std::chrono::seconds watchTime() {
    std::random_device device;
    return std::chrono::seconds(
        std::uniform_int_distribution(kShortestWatchSeconds, kLongestWatchSeconds)(device));
}

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

Result<std::string> Api::call(const Request& request) {
    auto answer = client_.request(request, {clock_.now() + kCallLimit, stop_});
    if (!answer) {
        return std::move(answer).error();
    }
    return std::move(answer.value().body);
}

Result<std::optional<std::string>> Api::get(const std::string& path) {
    Request request;
    request.path = path;
    return orNothing(call(request));
}

Result<std::optional<std::string>> Api::getMetadata(const std::string& path) {
    Request request;
    request.path = path;
    request.accept = kMetadata;
    return orNothing(call(request));
}

Result<Api::Page> Api::page(const std::string& collection, const std::string& query,
                            const std::string& next, int size) {
    Request request;
    request.path = fmt::format("{}?limit={}{}", collection, size, separated(query));
    if (!next.empty()) {
        request.path += "&continue=" + encoded(next);
    }
    request.accept = kMetadataList;
    auto body = call(request);
    if (!body) {
        return std::move(body).error();
    }
    if (!json_text::isValid(body.value())) {
        return malformed(collection, "is not JSON");
    }
    const auto metadata = json_text::member(body.value(), "metadata").value_or("");
    Page page{{},
              json_text::textAt(metadata, "resourceVersion"),
              json_text::textAt(metadata, "continue")};
    if (page.version.empty()) {
        return malformed(collection, "has no metadata.resourceVersion");
    }
    page.body = std::move(body).value();
    return page;
}

Result<std::string> Api::listMetadata(const std::string& collection, const std::string& query,
                                      const std::function<void(std::string_view item)>& each,
                                      const std::function<void()>& again) {
    std::string next;
    int size = kPageSize;
    int restarts = 0;
    for (;;) {
        const auto got = page(collection, query, next, size);
        if (got) {
            const auto items = json_text::member(got.value().body, "items").value_or("");
            for (const auto item : json_text::elementsOf(items)) {
                each(item);
            }
            if (got.value().next.empty()) {
                return got.value().version;
            }
            next = got.value().next;
        } else if (got.error().kind == ErrorKind::Malformed && size > 1) {
            size /= 2;  // it may be longer than we take
        } else if (got.error().kind == ErrorKind::Gone && !next.empty() &&
                   restarts < kMaxRestarts) {
            ++restarts;
            next.clear();
            if (again) {
                again();
            }
        } else {
            return got.error();
        }
    }
}

ApiError Api::watchMetadata(
    const std::string& collection, const std::string& query, const std::string& version,
    const std::function<void(const elector::kubernetes::WatchEvent&)>& each) {
    const auto time = watchTime();
    const Instant now = clock_.now();
    const Instant end = now + time + kSilence;
    Request request;
    request.path =
        fmt::format("{}?watch=1&allowWatchBookmarks=true&resourceVersion={}&timeoutSeconds={}{}",
                    collection, encoded(version), time.count(), separated(query));
    request.accept = kMetadata;
    elector::kubernetes::WatchStream stream(client_);
    const auto opened = stream.open(request, {now + kCallLimit, stop_}, {now + kSilence, stop_});
    if (!opened) {
        return opened.error();
    }
    for (;;) {
        const auto event = stream.next();
        if (!event) {
            return event.error();
        }
        each(event.value());
        client_.setStreamLimits({std::min(clock_.now() + kSilence, end), stop_});
    }
}

Result<std::string> Api::create(const std::string& collection, const std::string& body) {
    Request request;
    request.method = Method::Post;
    request.path = asManager(collection);
    request.body = body;
    return call(request);
}

Result<std::string> Api::apply(const std::string& path, const std::string& body, Force force) {
    Request request;
    request.method = Method::Patch;
    request.path = asManager(path) + (force == Force::Yes ? "&force=true" : "");
    request.body = body;
    request.contentType = kApplyPatch;
    return call(request);
}

Result<std::string> Api::mergePatch(const std::string& path, const std::string& body) {
    Request request;
    request.method = Method::Patch;
    request.path = asManager(path);
    request.body = body;
    request.contentType = kMergePatch;
    return call(request);
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
