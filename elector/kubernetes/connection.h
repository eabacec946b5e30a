#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "elector/kubernetes/body.h"
#include "elector/kubernetes/socket.h"
#include "elector/runtime/json_filter.h"

namespace elector::kubernetes {

enum class Method { Get, Put, Post, Patch, Delete };
const char* toString(Method method);

struct Request {
    Method method = Method::Get;
    std::string path;  // with query; without the endpoint's prefix
    // "" for none. Said to be empty, so that the compiler lets it be left out.
    std::string body = {};  // NOLINT(readability-redundant-member-init)
    // What the body is, and what the answer is asked to be. (Metadata alone of an object, a merge
    // patch, server-side apply: all of them are told apart by these.)
    std::string contentType = "application/json";
    std::string accept = "application/json";
    // What is kept of a successful answer, which is JSON then (json_filter.h): outlives the call.
    // nullptr: the answer is kept as it comes.
    const json_text::Keep* keep = nullptr;
};

// `text` as it stands in a path or as a value in a query.
std::string encoded(const std::string& text);

// What the head of an answer says.
struct Head {
    int status = 0;
    std::optional<std::chrono::seconds> retryAfter;
    std::string location;     // of a redirect, foreign text
    std::string contentType;  // foreign text
};

// One HTTP/1.1 connection to an API server, over which requests go one after the other. It never
// reconnects or sends anything again by itself. Threads: one at a time.
class Connection {
  public:
    explicit Connection(const runtime::Clock& clock);

    void setLimits(const Limits& limits) { socket_.setLimits(limits); }

    // REQUIRES: not open.
    Result<Done> open(const Endpoint& endpoint, std::shared_ptr<const TlsContext> tls);
    void close();

    // True if the connection is open, the last answer was read to its end, and the server neither
    // closed it nor said anything since.
    bool isFitForRequest();

    // Sends a request. `authorization` is the value of that header, "" for none.
    // REQUIRES: isFitForRequest().
    Result<Done> send(const Request& request, const std::string& authorization);

    // Reads the head of the answer.
    Result<Head> receiveHead();

    // Whether any byte of the answer has come: where none has, on a connection that was used
    // before, the server may have closed it before it saw the request.
    bool answered() const { return input_.answered(); }

    // As Body::read.
    Result<std::size_t> readBody(char* buffer, std::size_t size);

    // Reads the body to its end, piece by piece; ends earlier with what `take` answers, if it does.
    Result<Done> readRest(const std::function<std::optional<ApiError>(std::string_view)>& take);

  private:
    Result<std::string> readHeadText();
    Result<Done> beginBody(std::string_view transferEncoding, std::string_view contentLength,
                           int status);

    Endpoint endpoint_;
    Socket socket_;
    Input input_;
    Body body_;
    bool keepAlive_ = false;
};

}  // namespace elector::kubernetes
