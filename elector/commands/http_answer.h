#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "elector/http/head_scanner.h"

namespace elector::commands {

// The answer of an elector to a GET.
struct HttpAnswer {
    int status = 0;
    std::string body;

    bool operator==(const HttpAnswer&) const = default;
};

struct Incomplete {};  // more bytes are to come
struct NoAnswer {
    std::string reason;  // half a sentence: "it speaks no HTTP"
};

using ReadAnswer = std::variant<HttpAnswer, Incomplete, NoAnswer>;

// What has been read of an answer, in bytes. An elector's head is a few hundred, and its longest
// body, names of 253 characters and a fencing token of 128 digits included, below 4 KiB; the rest
// is room for what later versions add.
inline constexpr std::size_t kMaxHeadBytes = std::size_t{8} * 1024;
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} * 1024;

// Reads the answer to one request as it arrives. An elector always says the Content-Length, and
// nothing else is taken for one: no chunks, no body that ends with the connection.
class AnswerReader {
  public:
    // Judges all bytes that came so far, more at each call, until it returns something else than
    // Incomplete. Looks at each byte once.
    ReadAnswer read(std::string_view bytes);

  private:
    // Nothing once the head was read.
    std::optional<ReadAnswer> readHead(std::string_view bytes);

    http::HeadScanner scanner_;
    http::HeadScanner::Found found_ = http::HeadScanner::Found::Nothing;
    int status_ = 0;
    std::size_t bodyBytes_ = 0;
};

}  // namespace elector::commands
