#pragma once

#include <openssl/x509.h>

#include <memory>
#include <string_view>
#include <vector>

namespace elector::kubernetes {

using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

// The certificates of a PEM text, in order. Whatever is none is passed over, as Go does: other
// blocks, blocks that cannot be decoded or are cut off, text between.
std::vector<Certificate> certificatesIn(std::string_view pem);

// To be set with SSL_CTX_set_cert_verify_callback, with the purpose X509_PURPOSE_ANY. Accepts what
// Go's crypto/x509 accepts of a server: its certificate is that of `name`, a const std::string that
// outlives the handshake; and X509_verify_cert() accepts any of the paths from there to an anchor,
// whose certificates may all be used of servers. By itself OpenSSL tries one path: at each step the
// first issuer that has the right name, though several may have it, as an authority has whose key
// was replaced.
int verifyAsGo(X509_STORE_CTX* context, void* name);

}  // namespace elector::kubernetes
