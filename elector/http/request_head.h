#pragma once

#include <Poco/Net/HTTPRequest.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "elector/http/limits.h"
#include "elector/http/refusal.h"

namespace elector::http {

// The head of a request: read by Poco, after its form was checked, because Poco takes much that
// RFC 9112 forbids (a space before the colon, folded lines, a negative Content-Length, one together
// with Transfer-Encoding).
class RequestHead {
  public:
    // Reads `bytes`, a head that HeadScanner found. What is refused is not usable afterwards.
    std::optional<Refusal> read(std::string_view bytes, const Limits& limits);

    const std::string& method() const { return head_.getMethod(); }
    std::string_view path() const;
    std::string_view query() const;  // without the question mark

    // The value of a field; nothing where it is absent. Poco decodes RFC 2047: it may contain any
    // byte, line ends too.
    std::optional<std::string_view> field(const std::string& name) const;

    // What is wrong with the size of the body. Judged apart, after it is known that somebody would
    // read it.
    std::optional<Refusal> judgeBody(const Limits& limits) const;

    std::size_t contentLength() const { return contentLength_; }
    bool expectsContinue() const { return expectsContinue_; }
    bool keepsAlive() const { return keepsAlive_; }
    // HTTP/1.0: no chunks to this client.
    bool isOld() const { return old_; }

  private:
    std::optional<Refusal> readBodyFields();
    std::optional<Refusal> readConnectionFields();
    std::size_t count(std::string_view name) const;

    Poco::Net::HTTPRequest head_;
    std::size_t contentLength_ = 0;
    bool expectsContinue_ = false;
    bool keepsAlive_ = true;
    bool old_ = false;
};

}  // namespace elector::http
