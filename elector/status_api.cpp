#include "elector/status_api.h"

#include "elector/openapi.h"

namespace elector {
namespace {

using http::Request;
using http::Response;

constexpr int kUnavailable = 503;
// Which version of the text format a scraper may expect.
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

Response health(const std::optional<std::string>& reason, const std::string& remarks = "") {
    return reason ? Response::text(kUnavailable, *reason + '\n')
                  : Response::text(200, "ok\n" + remarks);
}

}  // namespace

void addStatusRoutes(http::Router& router, const StatusSource& source) {
    router.answer("GET", "/healthz",
                  [&source](const Request&) { return health(source.notLive()); });
    router.answer("GET", "/readyz", [&source](const Request&) {
        return health(source.notReady(), source.remarks());
    });
    router.answer("GET", "/metrics", [&source](const Request&) {
        return Response{200, kMetricsType, source.metrics()};
    });
    router.answer("GET", "/openapi.json",
                  [](const Request&) { return Response::json(std::string(kOpenApi)); });
}

}  // namespace elector
