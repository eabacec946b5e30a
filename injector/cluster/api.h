#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "elector/kubernetes/client.h"
#include "elector/runtime/clock.h"

namespace injector::cluster {

using elector::kubernetes::Done;
using elector::kubernetes::Result;

// Calls to the API server as the injector makes them: whole objects by their path, as JSON text.
// One connection, one call at a time; each ends within kCallLimit, and when a stop is requested.
//
// Throttled calls are not repeated here: whoever calls is level-based and comes again.
//
// Threads: one; whoever needs the API on two threads makes two.
class Api {
  public:
    // `clock` outlives it.
    Api(elector::kubernetes::Access access, const elector::runtime::Clock& clock,
        std::stop_token stop);

    // The object at `path`, or nothing where there is none (404).
    Result<std::optional<std::string>> get(const std::string& path);
    // Its metadata alone (PartialObjectMetadata).
    Result<std::optional<std::string>> getMetadata(const std::string& path);
    // All objects of a collection, as metadata alone, in pages. `query` is "" or
    // "labelSelector=...", encoded. Returns the resourceVersion to watch from.
    Result<std::string> listMetadata(const std::string& collection, const std::string& query,
                                     const std::function<void(std::string_view item)>& each);

    // POST to a collection.
    Result<std::string> create(const std::string& collection, const std::string& body);
    // Server-side apply of `body` (JSON is YAML) as names::kOperator. Conflict (409) where another
    // manager owns a field, unless `force`.
    enum class Force { No, Yes };
    Result<std::string> apply(const std::string& path, const std::string& body, Force force);
    // A JSON merge patch (RFC 7386). With metadata.resourceVersion in it, a compare-and-swap.
    Result<std::string> mergePatch(const std::string& path, const std::string& body);
    // Deletes the object if it still has this uid; that it is gone already is no error.
    Result<Done> remove(const std::string& path, const std::string& uid);

    static constexpr std::chrono::seconds kCallLimit{10};
    // Objects of metadata alone that a page has: with managed fields a few KiB each, it stays below
    // Client::kMaxBody.
    static constexpr int kPageSize = 200;

  private:
    Result<std::string> call(const elector::kubernetes::Request& request);

    const elector::runtime::Clock& clock_;
    std::stop_token stop_;
    elector::kubernetes::Client client_;
};

}  // namespace injector::cluster
