#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "elector/http/header_fields.h"
#include "elector/http/limits.h"
#include "elector/http/refusal.h"

namespace elector::http {

// The head of a request. Refuses what RFC 9112 forbids, and of what it allows the forms that
// readers of the same bytes are known to take differently (a space before the colon, folded lines,
// a Content-Length that is not digits, one together with Transfer-Encoding).
class RequestHead {
  public:
    RequestHead() = default;
    RequestHead(const RequestHead&) = delete;
    RequestHead& operator=(const RequestHead&) = delete;

    // Reads `bytes`, a head that HeadScanner found, and keeps a copy. What is refused is not usable
    // afterwards, but for method(): that is "" where the request line is malformed.
    std::optional<Refusal> read(std::string_view bytes, const Limits& limits);

    // As they were sent. What the other members return refers to them.
    std::string_view bytes() const { return bytes_; }

    std::string_view method() const { return method_; }
    std::string_view path() const;
    std::string_view query() const;  // without the question mark

    // The value of a field, as it was sent; nothing where it is absent.
    std::optional<std::string_view> field(std::string_view name) const {
        return fields_.find(name);
    }

    // What is wrong with the size of the body. Judged apart, after it is known that somebody would
    // read it.
    std::optional<Refusal> judgeBody(const Limits& limits) const;

    std::size_t contentLength() const { return contentLength_; }
    bool expectsContinue() const { return expectsContinue_; }
    bool keepsAlive() const { return keepsAlive_; }
    // HTTP/1.0: no chunks to this client.
    bool isOld() const { return old_; }

  private:
    std::optional<Refusal> readRequestLine(std::string_view line);
    std::optional<Refusal> readBodyFields();
    std::optional<Refusal> readConnectionFields();

    std::string bytes_;
    std::string_view method_;  // this and the next two refer to bytes_
    std::string_view target_;
    HeaderFields fields_;
    std::size_t contentLength_ = 0;
    bool expectsContinue_ = false;
    bool keepsAlive_ = true;
    bool old_ = false;
};

}  // namespace elector::http
