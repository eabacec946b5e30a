#include "elector/kubernetes/status_error.h"

#include <fmt/format.h>

#include <limits>

#include "elector/kubernetes/json.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

namespace {

constexpr std::size_t kMaxMessage = 400;

// What is read of a Status object; all of it absent where the text is none.
struct Status {
    bool isStatus = false;
    std::string message;
    int code = 0;
};

Status parseStatus(std::string_view text) {
    Status status;
    try {
        const auto object = json::parseObject(std::string(text));
        status.isStatus = json::text(object, {"kind"}) == "Status";
        status.message = json::text(object, {"message"}).value_or("");
        const auto code = json::integer(object, {"code"}).value_or(0);
        if (code > 0 && code < std::numeric_limits<int>::max()) {
            status.code = static_cast<int>(code);
        }
    } catch (const json::Error&) {
        // A page of a proxy, or a text of the API server's: only its number counts.
        status.isStatus = false;
    }
    return status;
}

ErrorKind kindOf(int status, bool isStatus) {
    switch (status) {
        case 401:
            return ErrorKind::Unauthorized;
        case 403:
            return ErrorKind::Forbidden;
        case 404:
            return isStatus ? ErrorKind::NotFound : ErrorKind::Malformed;
        case 408:
            return ErrorKind::TimedOut;
        case 409:
            return ErrorKind::Conflict;
        case 410:
            return ErrorKind::Gone;
        case 429:
            return ErrorKind::Throttled;
        default:
            break;
    }
    constexpr int kFirstClientError = 400;
    constexpr int kFirstServerError = 500;
    if (status >= kFirstServerError) {
        return ErrorKind::Server;
    }
    return status >= kFirstClientError ? ErrorKind::Invalid : ErrorKind::Malformed;
}

std::string shown(const Status& status, std::string_view body) {
    return runtime::quoted(status.message.empty() ? body : std::string_view(status.message),
                           kMaxMessage);
}

}  // namespace

ApiError statusError(int status, std::optional<std::chrono::seconds> retryAfter,
                     std::string_view body, std::string_view request) {
    const auto content = parseStatus(body);
    return {
        kindOf(status, content.isStatus), status, retryAfter,
        fmt::format("the API server answered {} to {}: {}", status, request, shown(content, body))};
}

ApiError eventError(std::string_view statusObject) {
    const auto content = parseStatus(statusObject);
    return {content.code == 0 ? ErrorKind::Malformed : kindOf(content.code, content.isStatus),
            content.code, std::nullopt,
            fmt::format("the watch ended with an error: {}", shown(content, statusObject))};
}

}  // namespace elector::kubernetes
