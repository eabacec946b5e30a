#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// What an answer other than 2xx means, for the election: which kind of failure `status` is, and a
// sentence with the message of the Status object in `body`, on one line and cut. `request` names
// what was asked, and of which server ("PUT https://10.0.0.1:443/apis/...").
//
// A 422 is Invalid only where it says that there is an object already, as the losers of racing
// creations are told; every other 4xx that has no kind of its own is Refused.
// A 404 without a Status object is Malformed: what answered is no Kubernetes API, and says nothing
// about whether there is a Lease.
ApiError statusError(int status, std::optional<std::chrono::seconds> retryAfter,
                     std::string_view body, std::string_view request);

// True where a Role would have made the difference: what RBAC says of a request for `resource`
// ("leases"). A namespace that is being deleted, a quota, and an API server that has just been
// started answer 403 as well.
bool canARoleMend(const ApiError& error, std::string_view resource);

// As statusError(), of a Status object within a watch's ERROR event.
ApiError eventError(std::string_view statusObject);

}  // namespace elector::kubernetes
