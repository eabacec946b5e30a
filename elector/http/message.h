#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/http/head.h"
#include "elector/http/quota.h"
#include "elector/runtime/clock.h"

namespace elector::http {

// The parameters of a query that a route reads, by name; values decoded. As foreign as the rest.
using Parameters = std::map<std::string, std::string, std::less<>>;

// A request as a handler sees it. All of it is foreign: nothing of it may be sent back or logged
// unescaped. Valid only while the handler runs; copy what is needed later.
struct Request {
    const RequestHead& head;
    std::string_view body;
    const RemoteAddress& remote;
    std::string_view rest;  // of the path, behind a prefix; as it was sent, not decoded
    const Parameters& parameters;
};

constexpr std::string_view kPlainText = "text/plain; charset=utf-8";
constexpr std::string_view kJson = "application/json";

struct HeaderField {
    std::string name;
    std::string value;
};

// What a handler answers. Content-Length, Date, Connection, and Cache-Control: no-store where there
// is none, are added by the server. REQUIRES: no line ends in contentType ("": none) and headers.
struct Response {
    int status = 200;
    std::string contentType = std::string(kPlainText);
    std::string body;
    // Said to be empty, so that the compiler lets it be left out.
    std::vector<HeaderField> headers = {};  // NOLINT(readability-redundant-member-init)

    static Response text(int status, std::string body) {
        return {status, std::string(kPlainText), std::move(body)};
    }
    // 503, to be tried again in a second.
    static Response unavailable(std::string body) {
        return {503, std::string(kPlainText), std::move(body), {{"Retry-After", "1"}}};
    }
    static Response json(std::string body) { return {200, std::string(kJson), std::move(body)}; }
};

// Turns answers into bytes. Appends to what is to be sent; keeps the Date header of the current
// second. Threads: one (the loop's).
class ResponseWriter {
  public:
    explicit ResponseWriter(const runtime::Clock& clock) : clock_(clock) {}

    struct Form {
        bool withBody = true;  // false to HEAD: the same head without its body
        bool closes = false;   // tell the client that the connection ends here
    };
    void append(std::string& out, const Response& response, const Form& form);

    // The head of a stream, without what may stand in head.body.
    struct StreamForm {
        bool chunked = true;  // false to HTTP/1.0: the end of the connection ends the stream
        bool closes = false;
    };
    void appendStreamHead(std::string& out, const Response& head, const StreamForm& form);

    static void appendChunk(std::string& out, std::string_view bytes);
    static void appendLastChunk(std::string& out);

  private:
    void appendHead(std::string& out, const Response& response, bool closes);
    const std::string& date();

    const runtime::Clock& clock_;
    std::chrono::seconds dateSecond_{-1};
    std::string date_;
};

// "Not Found" for 404, and so on.
std::string_view reasonPhrase(int status);

}  // namespace elector::http
