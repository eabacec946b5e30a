#pragma once

#include <functional>
#include <optional>
#include <string>

#include "elector/runtime/log.h"
#include "injector/cluster/api.h"
#include "injector/cluster/object_meta.h"

namespace injector::operators {

using cluster::Api;
using cluster::Done;
using cluster::Result;
using elector::kubernetes::ApiError;
using elector::kubernetes::ErrorKind;

// The API for whoever writes only while this replica leads: asked before each write. One that is
// under way when the leadership ends may still land; all of ours name the object that they were
// decided on, and the next leader sees to the same things.
//
// Threads: one, as the Api's.
class LeadingApi {
  public:
    // `api` outlives it. `leads` answers as of now.
    LeadingApi(Api& api, std::function<bool()> leads) : api_(api), leads_(std::move(leads)) {}

    // As Api's. Forbidden, without a request, where this replica does not lead.
    Result<std::optional<std::string>> get(
        const std::string& path,
        const elector::json_text::Keep& keep = elector::kubernetes::kWithoutManagedFields) {
        return api_.get(path, keep);
    }
    // The metadata of the object at `path`; nothing where there is none.
    Result<std::optional<cluster::ObjectMeta>> getMeta(const std::string& path);
    Result<std::string> listMetadata(const std::string& collection, const std::string& query,
                                     const std::function<void(const cluster::Item& item)>& each,
                                     const std::function<void()>& again) {
        return api_.list(collection, query, each, again);
    }
    Result<std::string> create(const std::string& collection, const std::string& body) {
        return leads_() ? api_.create(collection, body) : Result<std::string>(refusal());
    }
    Result<std::string> apply(const std::string& path, const std::string& body, Api::Force force) {
        return leads_() ? api_.apply(path, body, force) : Result<std::string>(refusal());
    }
    Result<std::string> mergePatch(
        const std::string& path, const std::string& body,
        const elector::json_text::Keep& keep = elector::kubernetes::kWithoutManagedFields) {
        return leads_() ? api_.mergePatch(path, body, keep) : Result<std::string>(refusal());
    }
    Result<std::string> jsonPatch(const std::string& path, const std::string& body) {
        return leads_() ? api_.jsonPatch(path, body) : Result<std::string>(refusal());
    }
    Result<Done> remove(const std::string& path, const std::string& uid,
                        const std::string& resourceVersion = {}) {
        return leads_() ? api_.remove(path, uid, resourceVersion) : Result<Done>(refusal());
    }

  private:
    static ApiError refusal() {
        return {ErrorKind::Forbidden, 0, std::nullopt,
                "this replica does not lead: nothing is written"};
    }

    Api& api_;
    std::function<bool()> leads_;
};

}  // namespace injector::operators
