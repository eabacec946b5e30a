#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/kubernetes/limits.h"

namespace elector::kubernetes {

// Base64 (RFC 4648) on one line, padded; nothing where a text is anything else.
std::string toBase64(std::string_view bytes);
std::optional<std::string> fromBase64(std::string_view text);

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// The certificates of a PEM text, in order. Whatever is none is passed over, as Go does: other
// blocks, blocks that cannot be decoded or are cut off, text between.
std::vector<Certificate> certificatesIn(std::string_view pem);

// What a TLS connection is made with. PEM texts, not paths.
struct TlsMaterial {
    std::string authorities;  // whom to trust; "" for those that the system trusts
    std::string certificate;  // our own, with its chain; "" for none
    std::string key;          // of the certificate
    // The name, with a dot at its end or without, or the IP address that the server's certificate
    // must carry among its alternative names.
    std::string peerName;
    bool verify = true;  // false: insecure-skip-tls-verify

    bool operator==(const TlsMaterial&) const = default;
};

// Makes the client's side of TLS sessions: TLS 1.2 or later, the chain verified and the name pinned
// inside OpenSSL, so that no handshake, however it was stalled or resumed, succeeds without both.
// What counts as trusted is what Go's crypto/x509 counts, and so kubectl: any certificate given as
// an authority is an anchor, several may have one name, and a common name is no name.
// Immutable; any number of threads may use it.
class TlsContext {
  public:
    // An Unreachable error where a certificate or key cannot be read.
    static Result<std::shared_ptr<const TlsContext>> make(const TlsMaterial& material);

    using Session = std::unique_ptr<SSL, decltype(&SSL_free)>;

    // What the server's certificate has to name.
    const std::string& peerName() const { return peerName_; }

    // A session that sends the server's name (SNI) and expects it. Not connected to anything.
    Session newSession() const;

  private:
    using Context = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;
    TlsContext(Context context, std::string peerName)
        : context_(std::move(context)), peerName_(std::move(peerName)) {}

    Context context_;
    std::string peerName_;
};

// What OpenSSL's error queue of this thread says, emptied; "" where it is empty.
std::string takeTlsErrors();

}  // namespace elector::kubernetes
