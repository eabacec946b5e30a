#pragma once

#include <cstddef>
#include <string>

#include "elector/kubernetes/connection.h"
#include "elector/kubernetes/credentials.h"
#include "elector/kubernetes/limits.h"
#include "elector/runtime/clock.h"

namespace elector::kubernetes {

// A successful answer (2xx).
struct Response {
    int status = 0;
    std::string body;
};

// Talks to one API server over one connection, which it keeps open and makes anew as needed. Every
// answer but 2xx is an error (status_error.h); redirects are not followed.
//
// What it repeats by itself, and nothing else: a GET that a kept-open connection lost without a
// byte of an answer, and any request that was answered 401 where the token's file now holds another
// token. A PUT that was lost that way is Unreachable: it may have been applied.
//
// Threads: one at a time.
class Client {
  public:
    // `clock` must outlive the client.
    Client(Access access, const runtime::Clock& clock);

    // Sends a request and reads the whole answer, of at most kMaxBody bytes. `path` comes with its
    // query, properly encoded.
    Result<Response> request(const Request& request, const Limits& limits);

    // Sends a GET whose answer has no end, and reads the head of it. readStream() continues, until
    // the next request.
    Result<Done> openStream(const Request& request, const Limits& limits);

    // Between one and `size` bytes of that answer; 0 at its end.
    Result<std::size_t> readStream(char* buffer, std::size_t size);
    // What bounds readStream() from now on.
    void setStreamLimits(const Limits& limits) { connection_.setLimits(limits); }

    void close() { connection_.close(); }

    // Twice what etcd stores of an object (1.5 MiB by default): JSON may be longer than what is
    // stored.
    static constexpr std::size_t kMaxBody = std::size_t{3} * 1024 * 1024;

  private:
    Result<Head> exchange(const Request& request, const Limits& limits);
    Result<Head> attempt(const Request& request, bool& maySendAgain);
    Result<Done> makeReady(bool& isReused);
    Result<Head> authorized(const Request& request, const Limits& limits);
    Result<std::string> readBody();
    ApiError refusalOf(const Head& head, const Request& request);
    void addCertificateFault(ApiError& error) const;

    Credentials credentials_;
    Connection connection_;
};

}  // namespace elector::kubernetes
