#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "elector/http/header_fields.h"

namespace elector::http {

// The head of an answer to a request of ours: of an API server, or of another elector. Refers to
// the text that was read, which outlives it.
class ResponseHead {
  public:
    // Reads a status line ("HTTP/1.1 200 OK") and the header fields behind it, each line with CR LF
    // at its end. False where that is not what `text` is, or where it has more than `mostFields`
    // fields; then nothing is usable.
    bool read(std::string_view text, std::size_t mostFields);

    int status() const { return status_; }
    const HeaderFields& fields() const { return fields_; }
    // Whether the server keeps the connection open after this answer, as far as the head says.
    bool keepsAlive() const;

  private:
    int status_ = 0;
    bool old_ = false;  // HTTP/1.0
    HeaderFields fields_;
};

// A whole number that is not negative, as fields have it: digits and nothing else.
std::optional<std::uint64_t> numberIn(std::string_view text);

}  // namespace elector::http
