#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "elector/kubernetes/access.h"
#include "elector/kubernetes/connection.h"
#include "elector/kubernetes/limits.h"
#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/clock.h"

namespace elector::kubernetes {

// True for a text that can be a token: printable ASCII without spaces. RFC 6750 allows less; this
// much cannot break out of a header.
bool isToken(std::string_view text);

// The token and the TLS context of an Access as they are now: read again as their files rotate.
// A file that cannot be read for a moment leaves what was read before in force.
//
// Threads: one at a time; whoever needs them on two threads makes two.
class Credentials {
  public:
    Credentials(Access access, const runtime::Clock& clock)
        : access_(std::move(access)), clock_(clock) {}

    const Endpoint& server() const { return access_.server; }

    // The value of the Authorization header, "" where there is no token. The token's file is read
    // again after kTokenAge. While it has never been readable, or held no token, the spare token
    // counts; Unauthorized where there is none.
    Result<std::string> authorization();

    // Reads the token's file now: for after a 401 or 403. True if the token is another one.
    bool refreshToken();

    // For a new connection: nullptr where the server is reached without TLS. The files are read
    // each time; the context is made anew where one of them changed.
    Result<std::shared_ptr<const TlsContext>> tls();

    // Why the client's certificate, as last used, is accepted by nobody now: it has ended, or its
    // time has not come. Nothing where it has no such fault, or where there is none.
    std::optional<std::string> certificateFault() const;

    // The kubelet replaces a token after 80 % of its life, which is ten minutes at least; reading
    // each minute is what client-go does.
    static constexpr std::chrono::seconds kTokenAge{60};

  private:
    Result<std::string> readToken(const Source& source) const;
    Result<TlsMaterial> readMaterial() const;

    Access access_;
    const runtime::Clock& clock_;
    std::string token_;
    std::optional<Instant> tokenRead_;
    TlsMaterial material_;
    std::shared_ptr<const TlsContext> context_;
};

// What an answer other than 2xx means, for the election: which kind of failure `status` is, and a
// sentence with the message of the Status object in `body`, on one line and cut. `request` names
// what was asked, and of which server ("PUT https://10.0.0.1:443/apis/...").
//
// A 422 is Invalid only where it says that there is an object already, as the losers of racing
// creations are told; every other 4xx that has no kind of its own is Refused.
// A 404 without a Status object is Malformed: what answered is no Kubernetes API, and says nothing
// about whether there is a Lease.
ApiError statusError(int status, std::optional<std::chrono::seconds> retryAfter,
                     std::string_view body, std::string_view request);

// True where a Role would have made the difference: what RBAC says of a request for `resource`
// ("leases"). A namespace that is being deleted, a quota, and an API server that has just been
// started answer 403 as well.
bool canARoleMend(const ApiError& error, std::string_view resource);

// As statusError(), of a Status object within a watch's ERROR event.
ApiError eventError(std::string_view statusObject);

// A successful answer (2xx).
struct Response {
    int status = 0;
    std::string body;
};

// All of an object but metadata.managedFields, which may be of any length and depth, and which the
// server keeps by itself where an object is written without them.
extern const json_text::Keep kWithoutManagedFields;

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

    // Sends a request and reads the whole answer, of which at most kMaxBody bytes are kept. `path`
    // comes with its query, properly encoded. Malformed where more would have to be kept, or where
    // an answer that is to be kept in parts is no JSON.
    Result<Response> request(const Request& request, const Limits& limits);

    // Sends a GET and reads the head of its answer, which may have no end. readStream() continues,
    // until the next request. (The request's `keep` is for request() alone.)
    Result<Done> openStream(const Request& request, const Limits& limits);

    // Between one and `size` bytes of that answer; 0 at its end.
    Result<std::size_t> readStream(char* buffer, std::size_t size);
    // What bounds readStream() from now on.
    void setStreamLimits(const Limits& limits) { connection_.setLimits(limits); }

    void close() { connection_.close(); }

    // `error`, of what the last answer says, with what was asked for it, and of which server.
    ApiError named(ApiError error) const;

    // What an API server takes as the body of one request (MaxRequestBodyBytes of its generic
    // server: 3 MiB, twice what etcd stores of an object). An object of which more is kept could be
    // written back by nobody. That an answer may be longer, as JSON says "\u003c" for what was
    // stored as one byte, and that managed fields take most of it, is why it is filtered as it
    // comes: see docs/decisions/0017.
    static constexpr std::size_t kMaxBody = std::size_t{3} * 1024 * 1024;

  private:
    Result<Head> exchange(const Request& request, const Limits& limits);
    Result<Head> attempt(const Request& request, bool& maySendAgain);
    Result<Done> makeReady(bool& isReused);
    Result<Head> authorized(const Request& request, const Limits& limits);
    Result<std::string> readBody(const json_text::Keep* keep = nullptr);
    ApiError refusalOf(const Head& head);
    void addCertificateFault(ApiError& error) const;

    Credentials credentials_;
    Connection connection_;
    std::string asked_;  // what was asked last, and of which server: for sentences
};

}  // namespace elector::kubernetes
