#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "elector/kubernetes/socket.h"

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

}  // namespace elector::kubernetes
