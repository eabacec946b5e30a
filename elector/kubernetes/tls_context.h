#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// What a TLS connection is made with. PEM texts, not paths.
struct TlsMaterial {
    std::string authorities;  // whom to trust; "" for those that the system trusts
    std::string certificate;  // our own, with its chain; "" for none
    std::string key;          // of the certificate
    std::string peerName;     // the name or IP address that the server's certificate must carry
    bool verify = true;       // false: insecure-skip-tls-verify

    bool operator==(const TlsMaterial&) const = default;
};

// Makes the client's side of TLS sessions: TLS 1.2 or later, the chain verified and the name pinned
// inside OpenSSL, so that no handshake, however it was stalled or resumed, succeeds without both.
// Immutable; any number of threads may use it.
class TlsContext {
  public:
    // An Unreachable error where a certificate or key cannot be read.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);

    using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

    // A session that sends the server's name (SNI) and expects it. Not connected to anything.
    Session newSession() const;

  private:
    using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
    TlsContext(Context context, std::string sni)
        : context_(std::move(context)), sni_(std::move(sni)) {}

    Context context_;
    std::string sni_;  // "" for an IP address: RFC 6066 allows only names
};

// What OpenSSL's error queue of this thread says, emptied; "" where it is empty.
std::string takeTlsErrors();

}  // namespace elector::kubernetes
