#include "elector/http/status_api.h"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"

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

// Writes answers as JSON. What it wrote last is kept: from one renewal to the next only the last
// member changes, and the others took a tenth of all that a request takes.
class LeaderJson {
  public:
    std::string text(const StatusSource& source) {
        election::Answer answer = source.answer();
        const auto validFor = std::exchange(answer.validFor, {}).count();
        if (answer != written_) {
            write(answer, source);
            written_ = std::move(answer);
        }
        std::string text;
        constexpr std::size_t kLongestEnd = 32;
        text.reserve(text_.size() + kLongestEnd);
        text += text_;
        text += fmt::format_int(validFor).c_str();
        text += "}\n";
        return text;
    }

  private:
    void write(const election::Answer& answer, const StatusSource& source) {
        text_ = R"({"leader":)";
        text_ += runtime::jsonString(answer.leader);
        text_ += R"(,"id":)";
        text_ += runtime::jsonString(source.id());
        text_ += R"(,"isLeader":)";
        text_ += answer.isLeader ? "true" : "false";
        text_ += R"(,"lease":)";
        text_ += runtime::jsonString(source.lease().text());
        text_ += R"(,"fencingToken":)";
        text_ += runtime::jsonString(answer.fencingToken);
        text_ += R"(,"leaseUID":)";
        text_ += runtime::jsonString(answer.leaseUid);
        fmt::format_to(std::back_inserter(text_), R"(,"transitions":{},"acquireTime":)",
                       answer.transitions);
        appendTime(text_, answer.acquireTime);
        text_ += R"(,"renewTime":)";
        appendTime(text_, answer.renewTime);
        if (!answer.trouble.empty()) {
            text_ += R"(,"trouble":)";
            text_ += runtime::jsonString(answer.trouble);
        }
        text_ += R"(,"validForMs":)";
    }

    std::optional<election::Answer> written_;  // with validFor 0
    std::string text_;                         // of it, up to the value of validForMs
};

}  // namespace

void addStatusRoutes(Router& router, const StatusSource& source) {
    router.answer("GET", "/api/leader", [&source, json = LeaderJson()](const Request&) mutable {
        return Response::json(json.text(source));
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
