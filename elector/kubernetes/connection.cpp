#include "elector/kubernetes/connection.h"

#include <Poco/Net/HTTPRequest.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <utility>
#include <vector>

#include "elector/http/head.h"
#include "elector/runtime/log.h"
#include "elector/version.h"

namespace elector::kubernetes {

// --------------------------------------------------------------------------- the body of an answer

namespace {

// A chunk's head is a number; a trailer is a header nobody needs. Both are short where they are
// meant well.
constexpr std::size_t kMaxLine = 4096;
constexpr int kMaxTrailers = 64;

ApiError malformed(const char* what) {
    return {ErrorKind::Malformed, 0, std::nullopt, what};
}

}  // namespace

void Input::reset() {
    buffer_.clear();
    begin_ = 0;
}

Result<std::string> Input::readLine(std::size_t limit) {
    std::size_t searched = 0;
    for (;;) {
        const auto end = pending().find('\n', searched);
        if (std::min(end, pending().size()) > limit) {
            return ApiError{ErrorKind::Malformed, 0, std::nullopt,
                            fmt::format("the answer has a line of more than {} bytes", limit)};
        }
        if (end != std::string_view::npos) {
            std::string line(pending().substr(0, end));
            begin_ += end + 1;
            if (!line.empty() && line.back() == '\r') {
                line.pop_back();
            }
            return line;
        }
        searched = pending().size();
        const auto got = fill();
        if (!got) {
            return got.error();
        }
        if (got.value() == 0) {
            return brokenOff();
        }
    }
}

Result<std::size_t> Input::readSome(char* buffer, std::size_t size) {
    if (pending().empty()) {
        if (auto got = fill(); !got || got.value() == 0) {
            return got;
        }
    }
    const auto count = std::min(size, pending().size());
    std::copy_n(pending().begin(), count, buffer);
    begin_ += count;
    return count;
}

ApiError Input::brokenOff() {
    return {ErrorKind::Unreachable, 0, std::nullopt, "the answer broke off before its end"};
}

Result<std::size_t> Input::fill() {
    buffer_.erase(0, begin_);
    begin_ = 0;
    const auto before = buffer_.size();
    buffer_.resize(before + kBlock);
    auto got = socket_.receive(buffer_.data() + before, kBlock);
    const std::size_t count = got ? got.value() : 0;
    buffer_.resize(before + count);
    answered_ = answered_ || count > 0;
    return got;
}

// --------------------------------------------------------------------------------------- Body

void Body::beginLength(std::uint64_t bytes) {
    left_ = bytes;
    state_ = bytes == 0 ? State::Complete : State::Length;
}

void Body::beginChunked() {
    state_ = State::ChunkHead;
}

void Body::beginUntilClose() {
    state_ = State::UntilClose;
}

Result<std::size_t> Body::read(char* buffer, std::size_t size) {
    for (;;) {
        Result<Done> step = Done();
        switch (state_) {
            case State::Complete:
                return std::size_t{0};
            case State::Length:
                return readData(buffer, size, State::Complete);
            case State::ChunkData:
                return readData(buffer, size, State::ChunkTail);
            case State::UntilClose: {
                auto got = input_.readSome(buffer, size);
                if (got && got.value() == 0) {
                    state_ = State::Complete;
                }
                return got;
            }
            case State::ChunkHead:
                step = readChunkHead();
                break;
            case State::ChunkTail:
                step = readChunkTail();
                break;
        }
        if (!step) {
            return std::move(step).error();
        }
    }
}

Result<std::size_t> Body::readData(char* buffer, std::size_t size, State next) {
    const auto most = static_cast<std::size_t>(std::min<std::uint64_t>(size, left_));
    auto got = input_.readSome(buffer, most);
    if (!got) {
        return got;
    }
    if (got.value() == 0) {
        return Input::brokenOff();
    }
    left_ -= got.value();
    if (left_ == 0) {
        state_ = next;
    }
    return got;
}

Result<Done> Body::readChunkHead() {
    const auto line = input_.readLine(kMaxLine);
    if (!line) {
        return line.error();
    }
    const std::string_view text = line.value();
    const auto* end = text.end();
    const auto [stop, problem] = std::from_chars(text.begin(), end, left_, 16);
    // What may follow the number are extensions, after a semicolon, and blanks.
    if (problem != std::errc() || (stop != end && *stop != ';' && *stop != ' ' && *stop != '\t')) {
        return malformed("the answer has a chunk without a size");
    }
    if (left_ == 0) {
        return readTrailers();
    }
    state_ = State::ChunkData;
    return Done();
}

Result<Done> Body::readChunkTail() {
    const auto line = input_.readLine(kMaxLine);
    if (!line) {
        return line.error();
    }
    if (!line.value().empty()) {
        return malformed("the answer has a chunk that is longer than its size");
    }
    state_ = State::ChunkHead;
    return Done();
}

Result<Done> Body::readTrailers() {
    for (int count = 0; count < kMaxTrailers; ++count) {
        const auto line = input_.readLine(kMaxLine);
        if (!line) {
            return line.error();
        }
        if (line.value().empty()) {
            state_ = State::Complete;
            return Done();
        }
    }
    return malformed("the answer has trailers without end");
}

// -------------------------------------------------------------------------------------- connection

namespace {

using Poco::Net::HTTPMessage;
using Poco::Net::HTTPRequest;

// Go's own limit for the head of a request is 1 MiB; the heads of an API server's answers have well
// under 2 KiB.
constexpr std::size_t kMaxHead = 65536;
constexpr std::size_t kMaxFields = 1000;
// Bytes that a body is read by: a Lease has one or two thousand.
constexpr std::size_t kBlock = 4096;
// 1xx answers that may stand before the real one; the API server sends none.
constexpr int kMaxInterim = 8;

ApiError malformed(std::string what) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(what)};
}

ApiError notHttp(std::string_view head) {
    return malformed(fmt::format("the answer \"{}\" is not HTTP", runtime::quoted(head)));
}

// Longer than anybody should be told to wait; it keeps sums of times far from overflow.
constexpr std::uint64_t kMaxRetryAfterSeconds = 3600;

Head headOf(const http::ResponseHead& answer) {
    const auto& fields = answer.fields();
    Head head;
    head.status = answer.status();
    head.location = fields.find("Location").value_or("");
    head.contentType = fields.find("Content-Type").value_or("");
    if (const auto seconds = http::numberIn(fields.find("Retry-After").value_or(""))) {
        head.retryAfter = std::chrono::seconds(std::min(*seconds, kMaxRetryAfterSeconds));
    }
    return head;
}

bool isInterim(int status) {
    return status >= 100 && status < 200;
}

}  // namespace

std::string encoded(const std::string& text) {
    std::string result;
    Poco::URI::encode(text, "/?#&=+,;!", result);
    return result;
}

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
    for (const auto& [name, value] : request.fields) {
        head.set(name, value);
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
        http::ResponseHead head;
        if (!head.read(text.value(), kMaxFields)) {
            return notHttp(text.value());
        }
        if (isInterim(head.status())) {
            continue;
        }
        const auto& fields = head.fields();
        if (fields.count("Content-Length") > 1) {
            return malformed("the answer has more than one Content-Length");
        }
        if (auto begun = beginBody(fields.find("Transfer-Encoding").value_or(""),
                                   fields.find("Content-Length").value_or(""), head.status());
            !begun) {
            return std::move(begun).error();
        }
        keepAlive_ = keepAlive_ && head.keepsAlive();
        return headOf(head);
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
    const auto length = http::numberIn(contentLength);
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

Result<Done> Connection::readRest(
    const std::function<std::optional<ApiError>(std::string_view)>& take) {
    std::array<char, kBlock> block{};
    for (;;) {
        const auto got = readBody(block.data(), block.size());
        if (!got) {
            return got.error();
        }
        if (got.value() == 0) {
            return Done();
        }
        if (auto error = take({block.data(), got.value()})) {
            return *std::move(error);
        }
    }
}

// ---------------------------------------------------------------------------------- other servers

namespace {

Result<Head> askOnce(Connection& connection, const Endpoint& endpoint,
                     const std::shared_ptr<const TlsContext>& tls, const Request& request) {
    std::vector<std::string> hosts{endpoint.host};
    if (endpoint.host == "localhost") {
        hosts = {"127.0.0.1", "::1"};
    }
    Result<Done> opened = Done();
    for (const std::string& host : hosts) {
        opened = connection.open({endpoint.tls, host, endpoint.port, endpoint.pathPrefix}, tls);
        if (opened || opened.error().kind == ErrorKind::TimedOut) {
            break;
        }
    }
    if (!opened) {
        return std::move(opened).error();
    }
    if (auto sent = connection.send(request, ""); !sent) {
        return std::move(sent).error();
    }
    return connection.receiveHead();
}

}  // namespace

std::optional<std::string> whyRefused(const Endpoint& endpoint,
                                      const std::shared_ptr<const TlsContext>& tls,
                                      const Request& request, const Limits& limits,
                                      const runtime::Clock& clock) {
    constexpr int kFirstGood = 200;
    constexpr int kFirstOther = 300;
    constexpr std::size_t kMaxCharacters = 300;
    Connection connection(clock);
    connection.setLimits(limits);
    const auto answer = askOnce(connection, endpoint, tls, request);
    if (!answer) {
        return fmt::format("{} gives no answer: {}", endpoint.text(),
                           runtime::quoted(answer.error().message, kMaxCharacters));
    }
    const int status = answer.value().status;
    return status >= kFirstGood && status < kFirstOther
               ? std::nullopt
               : std::optional(fmt::format("{} answers {}", endpoint.text(), status));
}

}  // namespace elector::kubernetes
