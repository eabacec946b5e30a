#include "elector/kubernetes/connection.h"

#include <Poco/Net/HTTPRequest.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <sstream>

#include "elector/http/ascii.h"
#include "elector/http/header_fields.h"
#include "elector/runtime/log.h"
#include "elector/version.h"

namespace elector::kubernetes {

namespace {

using http::HeaderFields;
using Poco::Net::HTTPMessage;
using Poco::Net::HTTPRequest;

// Go's own limit for the head of a request is 1 MiB; the heads of an API server's answers have well
// under 2 KiB.
constexpr std::size_t kMaxHead = 65536;
constexpr std::size_t kMaxFields = 1000;
// 1xx answers that may stand before the real one; the API server sends none.
constexpr int kMaxInterim = 8;

ApiError malformed(std::string what) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(what)};
}

ApiError notHttp(std::string_view head) {
    return malformed(fmt::format("the answer \"{}\" is not HTTP", runtime::quoted(head)));
}

// A whole non-negative number, nothing else.
std::optional<std::uint64_t> numberIn(std::string_view text) {
    std::uint64_t number = 0;
    const char* end = text.end();
    const auto [stop, problem] = std::from_chars(text.begin(), end, number);
    if (text.empty() || problem != std::errc() || stop != end) {
        return std::nullopt;
    }
    return number;
}

// The status that a head's first line says ("HTTP/1.1 200 OK"); 0 where it is no such line.
int statusIn(std::string_view head) {
    constexpr std::size_t kDigits = 3;
    if (!head.starts_with("HTTP/1.")) {
        return 0;
    }
    head.remove_prefix(std::min(head.find(' ') + 1, head.size()));
    const auto digits = head.substr(0, kDigits);
    unsigned status = 0;
    const auto [stop, problem] = std::from_chars(digits.begin(), digits.end(), status);
    const bool isWhole = digits.size() == kDigits && stop == digits.end() &&
                         std::string_view(" \r").find(head[kDigits]) != std::string_view::npos;
    return isWhole && problem == std::errc() ? static_cast<int>(status) : 0;
}

// Longer than anybody should be told to wait; it keeps sums of times far from overflow.
constexpr std::uint64_t kMaxRetryAfterSeconds = 3600;

Head headOf(const HeaderFields& fields, int status) {
    Head head;
    head.status = status;
    head.location = fields.find("Location").value_or("");
    head.contentType = fields.find("Content-Type").value_or("");
    if (const auto seconds = numberIn(fields.find("Retry-After").value_or(""))) {
        head.retryAfter = std::chrono::seconds(std::min(*seconds, kMaxRetryAfterSeconds));
    }
    return head;
}

// Whether the server keeps the connection open after this answer, as far as the head says.
bool keepsAlive(std::string_view head, const HeaderFields& fields) {
    bool keeps = !head.starts_with("HTTP/1.0");
    for (const auto& [name, value] : fields) {
        if (http::equalsIgnoringCase(name, "Connection")) {
            if (http::listsToken(value, "close")) {
                return false;
            }
            keeps = keeps || http::listsToken(value, "keep-alive");
        }
    }
    return keeps;
}

bool isInterim(int status) {
    return status >= 100 && status < 200;
}

}  // namespace

const char* toString(Method method) {
    switch (method) {
        case Method::Get:
            return "GET";
        case Method::Put:
            return "PUT";
        case Method::Post:
            return "POST";
        case Method::Patch:
            return "PATCH";
        case Method::Delete:
            return "DELETE";
    }
    return "";
}

Connection::Connection(const runtime::Clock& clock)
    : socket_(clock), input_(socket_), body_(input_) {}

Result<Done> Connection::open(const Endpoint& endpoint, std::shared_ptr<const TlsContext> tls) {
    endpoint_ = endpoint;
    input_.reset();
    body_.beginLength(0);
    keepAlive_ = true;
    return socket_.connect(endpoint, std::move(tls));
}

void Connection::close() {
    socket_.close();
}

bool Connection::isFitForRequest() {
    return socket_.isOpen() && keepAlive_ && body_.isComplete() && !input_.hasPending() &&
           socket_.isQuiet();
}

Result<Done> Connection::send(const Request& request, const std::string& authorization) {
    HTTPRequest head(toString(request.method), endpoint_.pathPrefix + request.path,
                     HTTPMessage::HTTP_1_1);
    head.set("Host", endpoint_.authority());
    head.set("User-Agent", fmt::format("leader-elector/{}", kVersion));
    head.set("Accept", request.accept);
    if (!authorization.empty()) {
        head.set("Authorization", authorization);
    }
    if (!request.body.empty()) {
        head.setContentType(request.contentType);
        head.setContentLength64(static_cast<Poco::Int64>(request.body.size()));
    }
    std::ostringstream text;
    head.write(text);
    input_.beginAnswer();
    return socket_.send(text.str() + request.body);
}

Result<std::string> Connection::readHeadText() {
    std::string text;
    for (;;) {
        const auto line = input_.readLine(kMaxHead);
        if (!line) {
            return line.error();
        }
        if (line.value().empty() && !text.empty()) {
            return text + "\r\n";
        }
        text += line.value() + "\r\n";
        if (text.size() > kMaxHead) {
            return malformed(fmt::format("the answer's head has more than {} bytes", kMaxHead));
        }
    }
}

Result<Head> Connection::receiveHead() {
    for (int count = 0; count < kMaxInterim; ++count) {
        const auto text = readHeadText();
        if (!text) {
            return text.error();
        }
        const int status = statusIn(text.value());
        const std::string_view head = text.value();
        HeaderFields fields;
        if (status == 0 || fields.read(head.substr(head.find('\n') + 1), kMaxFields) !=
                               HeaderFields::Outcome::Read) {
            return notHttp(head);
        }
        if (isInterim(status)) {
            continue;
        }
        if (fields.count("Content-Length") > 1) {
            return malformed("the answer has more than one Content-Length");
        }
        if (auto begun = beginBody(fields.find("Transfer-Encoding").value_or(""),
                                   fields.find("Content-Length").value_or(""), status);
            !begun) {
            return std::move(begun).error();
        }
        keepAlive_ = keepAlive_ && keepsAlive(head, fields);
        return headOf(fields, status);
    }
    return malformed("the answer has interim answers without end");
}

Result<Done> Connection::beginBody(std::string_view transferEncoding,
                                   std::string_view contentLength, int status) {
    constexpr int kNoContent = 204;
    constexpr int kNotModified = 304;
    if (status == kNoContent || status == kNotModified) {
        body_.beginLength(0);
        return Done();
    }
    if (!transferEncoding.empty()) {
        if (!http::equalsIgnoringCase(transferEncoding, "chunked")) {
            return malformed(fmt::format("the answer is encoded as \"{}\", not as chunked",
                                         runtime::quoted(transferEncoding)));
        }
        // Both together are how requests are smuggled; the connection is not used again.
        keepAlive_ = keepAlive_ && contentLength.empty();
        body_.beginChunked();
        return Done();
    }
    if (contentLength.empty()) {
        keepAlive_ = false;
        body_.beginUntilClose();
        return Done();
    }
    const auto length = numberIn(contentLength);
    if (!length) {
        return malformed(
            fmt::format("the answer's Content-Length is \"{}\"", runtime::quoted(contentLength)));
    }
    body_.beginLength(*length);
    return Done();
}

Result<std::size_t> Connection::readBody(char* buffer, std::size_t size) {
    return body_.read(buffer, size);
}

}  // namespace elector::kubernetes
