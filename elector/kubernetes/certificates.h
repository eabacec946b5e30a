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

// To be set with SSL_CTX_set_cert_verify_callback. Accepts a chain where X509_verify_cert() accepts
// any of the paths from the server's certificate to an anchor. By itself OpenSSL tries one: at each
// step the first issuer that has the right name, though several may have it, as an authority has
// whose key was replaced; Go tries them all.
int verifyByAnyPath(X509_STORE_CTX* context, void* ignored);

}  // namespace elector::kubernetes
