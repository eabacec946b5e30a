#include "elector/store/kubernetes_store.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "elector/kubernetes/client.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/kubernetes/watch_stream.h"
#include "elector/runtime/json_text.h"

namespace elector::store {

namespace {

using election::ErrorKind;
using kubernetes::encoded;
using kubernetes::kWithoutManagedFields;
using kubernetes::Method;

constexpr int kCreated = 201;

std::string collectionPath(const LeaseKey& key) {
    return fmt::format("/apis/coordination.k8s.io/v1/namespaces/{}/leases", encoded(key.space));
}

std::string leasePath(const LeaseKey& key) {
    return fmt::format("{}/{}", collectionPath(key), encoded(key.name));
}

// A selector on the name: the only list that a Role limited to one name allows.
std::string selectorOf(const LeaseKey& key) {
    return "fieldSelector=metadata.name%3D" + encoded(key.name);
}

// Says what failed, then why, then what the person on call can do about it, if that is known.
ApiError explained(ApiError error, const char* verb, const LeaseKey& key) {
    const bool advise = kubernetes::canARoleMend(error, "leases");
    error.message = fmt::format("{} to {} the Lease {}: {}",
                                error.kind == ErrorKind::Forbidden ? "not allowed" : "failed", verb,
                                key.text(), error.message);
    if (advise) {
        error.message += fmt::format(
            "; the Role needs apiGroups [coordination.k8s.io], resources [leases], resourceNames "
            "[{}], verbs [get, list, watch, create, update]",
            key.name);
    }
    return error;
}

// Whether `document` is the Lease of `key`: a server or proxy that ignores the selector sends all.
bool isNamed(std::string_view document, const LeaseKey& key) {
    const auto metadata = json_text::member(document, "metadata").value_or("");
    return json_text::stringIn(json_text::member(metadata, "name").value_or("")) == key.name;
}

using json_text::Keep;
constexpr Keep kItems{.elements = &kWithoutManagedFields};
constexpr std::array kMembersOfList{Keep::Member{"items", &kItems}};
constexpr Keep kList{.members = kMembersOfList};

kubernetes::Request requestFor(Method method, std::string path, const Keep& keep) {
    kubernetes::Request request;
    request.method = method;
    request.path = std::move(path);
    request.keep = &keep;
    return request;
}

struct Listed {
    std::optional<Lease> lease;
    std::string version;
};

ApiError malformed(std::string sentence) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(sentence)};
}

Result<Listed> parseList(std::string_view body, const LeaseKey& key) {
    if (!json_text::isValid(body)) {
        return malformed("the list is not JSON");
    }
    const auto metadata = json_text::member(body, "metadata").value_or("");
    const auto version =
        json_text::stringIn(json_text::member(metadata, "resourceVersion").value_or(""));
    if (!version || version->empty()) {
        return malformed("the list has no metadata.resourceVersion");
    }
    Listed listed;
    listed.version = *version;
    for (const auto item : json_text::elementsOf(json_text::member(body, "items").value_or(""))) {
        if (isNamed(item, key)) {
            auto lease = kubernetes::parseLease(item);
            if (!lease) {
                return std::move(lease).error();
            }
            listed.lease = std::move(lease).value();
        }
    }
    return listed;
}

// Tells `sink` one event. An error where the event holds no usable Lease.
std::optional<ApiError> tell(const kubernetes::WatchEvent& event, const LeaseKey& key,
                             WatchSink& sink) {
    // It may have been our Lease that changed: what there is has to be read again.
    if (!event.problem.empty()) {
        return malformed(
            fmt::format("the watch sent an event that cannot be read: {}", event.problem));
    }
    if (!isNamed(event.object, key)) {
        return std::nullopt;  // bookmarks have no name either
    }
    if (event.type == "DELETED") {
        sink.onDeleted();
    } else if (event.type == "ADDED" || event.type == "MODIFIED") {
        auto lease = kubernetes::parseLease(event.object);
        if (!lease) {
            return std::move(lease).error();
        }
        sink.onChanged(std::move(lease).value());
    }
    return std::nullopt;
}

}  // namespace

KubernetesStore::KubernetesStore(const kubernetes::Access& access, const runtime::Clock& clock)
    : clock_(clock), requests_(access, clock), watching_(access, clock) {}

Result<std::optional<Lease>> KubernetesStore::get(const LeaseKey& key, const CallLimits& limits) {
    const auto answer =
        requests_.request(requestFor(Method::Get, leasePath(key), kWithoutManagedFields), limits);
    if (!answer) {
        if (answer.error().kind == ErrorKind::NotFound) {
            return std::optional<Lease>();
        }
        return explained(answer.error(), "get", key);
    }
    auto lease = kubernetes::parseLease(answer.value().body);
    if (!lease) {
        return explained(requests_.named(std::move(lease).error()), "get", key);
    }
    return std::optional(std::move(lease).value());
}

Result<Written> KubernetesStore::create(const LeaseKey& key, const LeaseRecord& record,
                                        const CallLimits& limits) {
    return put(key, kubernetes::newLease(key, record), "create", limits);
}

Result<Written> KubernetesStore::update(const LeaseKey& key, const Lease& base,
                                        const LeaseRecord& record, const CallLimits& limits) {
    return put(key, kubernetes::updatedLease(base, record), "update", limits);
}

Result<Written> KubernetesStore::put(const LeaseKey& key, std::string body, const char* verb,
                                     const CallLimits& limits) {
    auto request = requestFor(Method::Put, leasePath(key), kWithoutManagedFields);
    request.body = std::move(body);
    const auto answer = requests_.request(request, limits);
    if (!answer) {
        return explained(answer.error(), verb, key);
    }
    auto lease = kubernetes::parseLease(answer.value().body);
    if (!lease) {
        return explained(requests_.named(std::move(lease).error()), verb, key);
    }
    return Written{std::move(lease).value(), answer.value().status == kCreated};
}

Result<std::string> KubernetesStore::list(const LeaseKey& key, WatchSink& sink,
                                          election::Duration setUp, const std::stop_token& stop) {
    const Instant sentAt = clock_.now();
    // Without a resourceVersion: a quorum read.
    const auto answer = watching_.request(
        requestFor(Method::Get, fmt::format("{}?{}", collectionPath(key), selectorOf(key)), kList),
        {sentAt + setUp, stop});
    if (!answer) {
        return answer.error();
    }
    auto listed = parseList(answer.value().body, key);
    if (!listed) {
        return watching_.named(std::move(listed).error());
    }
    sink.onListed(std::move(listed.value().lease), sentAt);
    return std::move(listed.value().version);
}

ApiError KubernetesStore::watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                                std::stop_token stop) {
    const auto version = list(key, sink, setUp, stop);
    if (!version) {
        return explained(version.error(), "list", key);
    }
    const kubernetes::Watch watch{.collection = collectionPath(key),
                                  .query = selectorOf(key),
                                  .version = version.value(),
                                  .object = kWithoutManagedFields,
                                  .setUp = setUp,
                                  .silence = election::Duration::max()};
    return explained(
        kubernetes::follow(watching_, clock_, watch, stop,
                           [&](const auto& event) {
                               auto error = tell(event, key, sink);
                               return error ? std::optional(watching_.named(*std::move(error)))
                                            : error;
                           }),
        "watch", key);
}

}  // namespace elector::store
