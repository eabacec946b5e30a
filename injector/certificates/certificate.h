#pragma once

#include <openssl/x509.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/clock.h"

namespace injector::certificates {

using elector::kubernetes::fromBase64;
using elector::kubernetes::toBase64;
using elector::runtime::Duration;
using elector::runtime::WallTime;

// An X.509 certificate, read, with the facts that decisions are made of. A value, cheap to copy;
// any number of threads may use it.
class Certificate {
  public:
    // All certificates in `pem`, in their order; none where there are none. Other blocks (keys) and
    // text between them are skipped; the first damaged certificate ends the reading.
    static std::vector<Certificate> readAll(std::string_view pem);

    WallTime notBefore() const { return notBefore_; }
    WallTime notAfter() const { return notAfter_; }
    bool isValidAt(WallTime time) const { return notBefore_ <= time && time < notAfter_; }
    // The common name of the subject; "" where it has none.
    const std::string& commonName() const { return commonName_; }
    // Of the subject's alternative names those of DNS, in their order.
    const std::vector<std::string>& dnsNames() const { return dnsNames_; }
    // May sign certificates: CA:TRUE and, where key usages are named, keyCertSign among them.
    bool isAuthority() const { return isAuthority_; }
    // Whether `key`, a private key in PEM, is that of this certificate.
    bool hasKey(std::string_view key) const;
    // Whether `authority` is an authority that issued this certificate: names and signature.
    bool isSignedBy(const Certificate& authority) const;
    // The certificate alone, in PEM, as OpenSSL writes it.
    const std::string& pem() const { return pem_; }

    bool operator==(const Certificate& other) const { return pem_ == other.pem_; }

  private:
    explicit Certificate(std::shared_ptr<X509> x509);

    std::shared_ptr<X509> x509_;
    WallTime notBefore_;
    WallTime notAfter_;
    std::string commonName_;
    std::vector<std::string> dnsNames_;
    bool isAuthority_ = false;
    std::string pem_;
};

// `certificates` one after the other, in PEM.
std::string join(const std::vector<Certificate>& certificates);

}  // namespace injector::certificates
