#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "elector/kubernetes/access.h"
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

}  // namespace elector::kubernetes
