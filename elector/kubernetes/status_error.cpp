#include "elector/kubernetes/status_error.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "elector/runtime/json_text.h"
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
bool saysResourceVersionMissing(std::string_view status, std::string_view message) {
    constexpr std::string_view kField = "metadata.resourceVersion";
    constexpr std::string_view kSentence = "must be specified for an update";
    const auto details = json_text::member(status, "details").value_or("");
    const auto causes = json_text::elementsOf(json_text::member(details, "causes").value_or(""));
    if (causes.empty()) {
        return message.find(kField) != std::string_view::npos &&
               message.find(kSentence) != std::string_view::npos;
    }
    return std::ranges::any_of(causes, [&](std::string_view cause) {
        return json_text::textAt(cause, "field") == kField &&
               json_text::textAt(cause, "message").find(kSentence) != std::string::npos;
    });
}

// A text that is no JSON is a page of a proxy, or a text of the API server's: only its number
// counts.
Status parseStatus(std::string_view text) {
    Status status;
    if (!json_text::isValid(text)) {
        return status;
    }
    status.isStatus = json_text::textAt(text, "kind") == "Status";
    status.message = json_text::textAt(text, "message");
    const auto code = json_text::integerIn(json_text::member(text, "code").value_or(""));
    if (code && *code > 0 && *code < std::numeric_limits<int>::max()) {
        status.code = static_cast<int>(*code);
    }
    status.resourceVersionMissing = saysResourceVersionMissing(text, status.message);
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
    const auto sentence = shown(content, body);
    return {kindOf(status, content), status, retryAfter,
            fmt::format("the API server answered {} to {}{}{}", status, request,
                        sentence.empty() ? "" : ": ", sentence)};
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
