#pragma once

#include <map>
#include <optional>
#include <string>

#include "elector/election/instant.h"
#include "elector/election/lease.h"
#include "tests/support/tls_connection.h"

namespace elector::test {

// A request to the fake API server.
struct ApiRequest {
    std::string method;
    std::string path;                            // without the query, as sent
    std::map<std::string, std::string> query;    // decoded
    std::map<std::string, std::string> headers;  // names in lower case
    std::string body;
    election::Instant at;  // when it had been read

    // As Kubernetes' RBAC names it: get, list, watch, create, update; "event" for an Event; "" for
    // what the fake does not serve. A PUT counts as create where it carries no resourceVersion.
    std::string verb;
    // Of a Lease's request. A list or watch of one Lease names it by its field selector.
    election::LeaseKey lease;

    // The bearer token; "" without one.
    std::string token() const;
};

// The next request of `connection`; `buffered` keeps what has been read beyond it. Nothing where
// the client closed or sent what is no HTTP request.
std::optional<ApiRequest> readRequest(TlsConnection& connection, std::string& buffered);

}  // namespace elector::test
