#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/kubernetes/socket.h"
#include "elector/runtime/json_filter.h"

namespace elector::kubernetes {

// Reads a socket by lines and by blocks, through a buffer. Threads: one at a time.
class Input {
  public:
    explicit Input(Socket& socket) : socket_(socket) {}

    // Forgets what is buffered: the socket is a new one.
    void reset();

    // Counts the bytes of the next answer from here on.
    void beginAnswer() { answered_ = !pending().empty(); }
    // Whether any byte of the answer has come.
    bool answered() const { return answered_; }
    // Whether bytes came that nobody has asked for.
    bool hasPending() const { return !pending().empty(); }

    // The next line without its end (CR LF, or LF alone). Malformed where it is longer than
    // `limit`; Unreachable where the connection ends before its end.
    Result<std::string> readLine(std::size_t limit);

    // Between one and `size` bytes; 0 at the end of the connection.
    Result<std::size_t> readSome(char* buffer, std::size_t size);

    // An Unreachable error: the answer broke off.
    static ApiError brokenOff();

  private:
    // A Lease has one or two thousand bytes.
    static constexpr std::size_t kBlock = 4096;

    std::string_view pending() const { return std::string_view(buffer_).substr(begin_); }
    Result<std::size_t> fill();

    Socket& socket_;
    std::string buffer_;
    std::size_t begin_ = 0;
    bool answered_ = false;
};

// The body of an HTTP/1.1 answer, read as it comes. Unlike Poco 1.11's streams it tells an end from
// a truncation: a body that breaks off is Unreachable, one that is framed wrongly Malformed.
class Body {
  public:
    // A body of no bytes.
    explicit Body(Input& input) : input_(input) {}

    void beginLength(std::uint64_t bytes);
    void beginChunked();
    // Ends when the connection does.
    void beginUntilClose();

    // Between one and `size` bytes; 0 at the proper end, and from then on.
    Result<std::size_t> read(char* buffer, std::size_t size);

    // Whether the end was reached, so that the connection can carry another answer.
    bool isComplete() const { return state_ == State::Complete; }

  private:
    enum class State { Complete, Length, ChunkHead, ChunkData, ChunkTail, UntilClose };

    Result<Done> readChunkHead();
    Result<Done> readChunkTail();
    Result<Done> readTrailers();
    Result<std::size_t> readData(char* buffer, std::size_t size, State next);

    Input& input_;
    State state_ = State::Complete;
    std::uint64_t left_ = 0;  // bytes of the body, or of the chunk
};

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
    // More fields of the head, each a name and a value. Said to be none, so that they may be left
    // out.
    // NOLINTNEXTLINE(readability-redundant-member-init)
    std::vector<std::pair<std::string, std::string>> fields = {};
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

// Sends `request` to another server than an API server, on a connection of its own. Nothing where
// the answer's status is from 200 to 299; else what came in its place, in a sentence. Follows no
// redirect and reads no body, so that `limits` bound all of it. "localhost" is looked up nowhere.
std::optional<std::string> whyRefused(const Endpoint& endpoint,
                                      const std::shared_ptr<const TlsContext>& tls,
                                      const Request& request, const Limits& limits,
                                      const runtime::Clock& clock);

}  // namespace elector::kubernetes
