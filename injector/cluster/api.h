#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <variant>

#include "elector/kubernetes/client.h"
#include "elector/kubernetes/watch_stream.h"
#include "elector/runtime/clock.h"
#include "injector/cluster/object_meta.h"

namespace injector::cluster {

using elector::kubernetes::Done;
using elector::kubernetes::Result;

// An object of a list. `leftOut` of its parts were longer than what is kept of them
// (object_meta.h).
struct Item {
    std::string_view text;
    std::size_t leftOut = 0;
    // For whoever takes it as it is.
    operator std::string_view() const { return text; }  // NOLINT(google-explicit-constructor)
};

// Calls to the API server as the injector makes them: objects by their path, as JSON text, without
// their managed fields. One connection, one call at a time; each ends within kCallLimit, and when a
// stop is requested.
//
// Throttled calls are not repeated here: whoever calls is level-based and comes again.
//
// Threads: one; whoever needs the API on two threads makes two.
class Api {
  public:
    // `clock` outlives it.
    Api(elector::kubernetes::Access access, const elector::runtime::Clock& clock,
        std::stop_token stop);

    // The object at `path`, or nothing where there is none (404): as far as `keep` says.
    Result<std::optional<std::string>> get(
        const std::string& path,
        const elector::json_text::Keep& keep = elector::kubernetes::kWithoutManagedFields);
    // Its metadata alone (PartialObjectMetadata), as far as kMetaOnly says.
    Result<std::optional<std::string>> getMetadata(const std::string& path);
    // All objects of a collection, as far as `object` says, in pages, each told as it comes: a page
    // takes the memory of one object. By kMetaOnly the server is asked for metadata alone. `query`
    // is "" or "labelSelector=...", encoded. Returns the resourceVersion to watch from.
    //
    // Where the server forgot the list between two pages (410), or a page did not come to its end,
    // it begins again, with a call of `again`: what `each` was told before may be told once more,
    // or be gone. `again` may be empty.
    Result<std::string> list(const std::string& collection, const std::string& query,
                             const std::function<void(const Item& item)>& each,
                             const std::function<void()>& again = {},
                             const elector::json_text::Keep& object = kMetaOnly);
    // The changes of a collection after `version`, with bookmarks, until the watch ends, or `each`
    // answers false; why it did. Events that cannot be read are told too. Gone with the status 410
    // where `version` is too old: list again; Gone without one where the server just ended it.
    // `query` and `object` as above.
    elector::kubernetes::ApiError watch(
        const std::string& collection, const std::string& query, const std::string& version,
        const std::function<bool(const elector::kubernetes::WatchEvent&)>& each,
        const elector::json_text::Keep& object = kMetaOnly);

    // POST to a collection.
    Result<std::string> create(const std::string& collection, const std::string& body);
    // A JSON patch (RFC 6902). Refused (422) where one of its tests fails.
    Result<std::string> jsonPatch(const std::string& path, const std::string& body);
    // Server-side apply of `body` (JSON is YAML) as names::kOperator. Conflict (409) where another
    // manager owns a field, unless `force`.
    enum class Force { No, Yes };
    Result<std::string> apply(const std::string& path, const std::string& body, Force force);
    // A JSON merge patch (RFC 7386). With metadata.resourceVersion in it, a compare-and-swap.
    // Answers the object as it is then, as far as `keep` says.
    Result<std::string> mergePatch(
        const std::string& path, const std::string& body,
        const elector::json_text::Keep& keep = elector::kubernetes::kWithoutManagedFields);
    // Deletes the object if it still has this uid and, where one is given, this resourceVersion;
    // else Conflict. That there is none any more is no error.
    Result<Done> remove(const std::string& path, const std::string& uid,
                        const std::string& resourceVersion = {});

    static constexpr std::chrono::seconds kCallLimit{10};
    // Objects that a page has, at first. A page that does not come to its end in time is asked for
    // again by half as many: an object may have 1.5 MiB.
    static constexpr int kPageSize = 200;
    // How long a page may take as long as something comes of it. The server ends it after a minute
    // by itself (its --request-timeout).
    static constexpr std::chrono::seconds kPageLimit{90};
    // How long a watch may be silent: the server sends a bookmark about every minute, so that a
    // silent one hangs on a dead connection.
    static constexpr std::chrono::minutes kSilence{3};

  private:
    struct Page {
        std::string version;
        std::string next;  // continue; "" for the last one
    };
    // Why there is no page; whether its head had come.
    struct PageFailure {
        elector::kubernetes::ApiError error;
        bool hadBegun = false;
    };

    Result<std::string> call(elector::kubernetes::Request request);
    Result<std::string> patch(const std::string& path, const std::string& body,
                              const char* contentType, const elector::json_text::Keep& keep);
    std::variant<Page, PageFailure> page(const std::string& collection, const std::string& query,
                                         const std::string& next, int size,
                                         const std::function<void(const Item& item)>& each,
                                         const elector::json_text::Keep& object);

    const elector::runtime::Clock& clock_;
    std::stop_token stop_;
    elector::kubernetes::Client client_;
};

}  // namespace injector::cluster
