#pragma once

#include <cstddef>
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

}  // namespace elector::kubernetes
