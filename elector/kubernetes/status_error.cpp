#include "elector/kubernetes/status_error.h"

#include <Poco/JSON/Array.h>
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
    bool resourceVersionMissing = false;  // as the cause of an invalid object
};

// What an API server says of a PUT without a resourceVersion where there is an object already: the
// answer to the losers of racing creations (rule 10), and to nobody else. By the causes where there
// are some, else by the sentence.
bool saysResourceVersionMissing(const Poco::JSON::Object& status, std::string_view message) {
    constexpr std::string_view kField = "metadata.resourceVersion";
    constexpr std::string_view kSentence = "must be specified for an update";
    const auto details = json::object(status, {"details"});
    const Poco::JSON::Array::Ptr causes = details ? details->getArray("causes") : nullptr;
    if (causes.isNull() || causes->empty()) {
        return message.find(kField) != std::string_view::npos &&
               message.find(kSentence) != std::string_view::npos;
    }
    for (unsigned i = 0; i < causes->size(); ++i) {
        const Poco::JSON::Object::Ptr cause = causes->getObject(i);
        if (!cause.isNull() && json::text(*cause, {"field"}) == kField &&
            json::text(*cause, {"message"}).value_or("").find(kSentence) != std::string::npos) {
            return true;
        }
    }
    return false;
}

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
        status.resourceVersionMissing = saysResourceVersionMissing(object, status.message);
    } catch (const json::Error&) {
        // A page of a proxy, or a text of the API server's: only its number counts.
        status.isStatus = false;
    }
    return status;
}

ErrorKind kindOf(int status, const Status& content) {
    switch (status) {
        case 401:
            return ErrorKind::Unauthorized;
        case 403:
            return ErrorKind::Forbidden;
        case 404:
            return content.isStatus ? ErrorKind::NotFound : ErrorKind::Malformed;
        case 408:
            return ErrorKind::TimedOut;
        case 409:
            return ErrorKind::Conflict;
        case 410:
            return ErrorKind::Gone;
        case 422:
            return content.isStatus && content.resourceVersionMissing ? ErrorKind::Invalid
                                                                      : ErrorKind::Refused;
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
    return status >= kFirstClientError ? ErrorKind::Refused : ErrorKind::Malformed;
}

std::string shown(const Status& status, std::string_view body) {
    return runtime::onOneLine(status.message.empty() ? body : std::string_view(status.message),
                              kMaxMessage);
}

}  // namespace

ApiError statusError(int status, std::optional<std::chrono::seconds> retryAfter,
                     std::string_view body, std::string_view request) {
    const auto content = parseStatus(body);
    return {
        kindOf(status, content), status, retryAfter,
        fmt::format("the API server answered {} to {}: {}", status, request, shown(content, body))};
}

bool canARoleMend(const ApiError& error, std::string_view resource) {
    return error.kind == ErrorKind::Forbidden &&
           error.message.find(" cannot ") != std::string::npos &&
           error.message.find(fmt::format("resource \"{}\"", resource)) != std::string::npos;
}

ApiError eventError(std::string_view statusObject) {
    const auto content = parseStatus(statusObject);
    return {content.code == 0 ? ErrorKind::Malformed : kindOf(content.code, content), content.code,
            std::nullopt,
            fmt::format("the watch ended with an error: {}", shown(content, statusObject))};
}

}  // namespace elector::kubernetes
