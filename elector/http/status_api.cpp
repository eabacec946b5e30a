#include "elector/http/status_api.h"

#include <fmt/format.h>

#include <iterator>

#include "elector/runtime/escape.h"
#include "elector/runtime/rfc3339.h"

namespace elector::http {
namespace {

constexpr int kUnavailable = 503;
// Which version of the text format a scraper may expect.
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

void appendTime(std::string& out, const std::optional<election::WallTime>& time) {
    if (time) {
        out += '"';
        out += runtime::formatMicroTime(*time);
        out += '"';
    } else {
        out += "null";
    }
}

Response health(const std::optional<std::string>& reason) {
    return reason ? Response::text(kUnavailable, *reason + '\n') : Response::text(200, "ok\n");
}

}  // namespace

std::string leaderJson(const election::Answer& answer, const std::string& id,
                       const election::LeaseKey& lease) {
    constexpr std::size_t kUsualSize = 512;
    std::string out;
    out.reserve(kUsualSize);
    out += R"({"leader":)";
    out += runtime::jsonString(answer.leader);
    out += R"(,"id":)";
    out += runtime::jsonString(id);
    out += R"(,"isLeader":)";
    out += answer.isLeader ? "true" : "false";
    out += R"(,"lease":)";
    out += runtime::jsonString(lease.text());
    out += R"(,"fencingToken":)";
    out += runtime::jsonString(answer.fencingToken);
    out += R"(,"leaseUID":)";
    out += runtime::jsonString(answer.leaseUid);
    fmt::format_to(std::back_inserter(out), R"(,"transitions":{},"acquireTime":)",
                   answer.transitions);
    appendTime(out, answer.acquireTime);
    out += R"(,"renewTime":)";
    appendTime(out, answer.renewTime);
    fmt::format_to(std::back_inserter(out), R"(,"validForMs":{}}})", answer.validFor.count());
    return out;
}

void addStatusRoutes(Router& router, const StatusSource& source) {
    router.answer("GET", "/api/leader", [&source](const Request&) {
        return Response::json(leaderJson(source.answer(), source.id(), source.lease()) + '\n');
    });
    router.answer("GET", "/healthz",
                  [&source](const Request&) { return health(source.notLive()); });
    router.answer("GET", "/readyz",
                  [&source](const Request&) { return health(source.notReady()); });
    router.answer("GET", "/metrics", [&source](const Request&) {
        return Response{200, kMetricsType, source.metrics()};
    });
    router.answer("GET", "/", [&source](const Request&) {
        std::string body = R"({"name":)";
        body += runtime::jsonString(source.answer().leader);
        return Response::json(body + "}\n");
    });
}

}  // namespace elector::http
