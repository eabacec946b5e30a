#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace elector::test {

// A certificate and its key, both as PEM.
struct KeyPair {
    std::string certificate;
    std::string key;
};

// As a kubeconfig holds PEM.
std::string base64(const std::string& bytes);

// What a certificate says of its owner.
struct Subject {
    std::string commonName;
    std::vector<std::string> organizations;  // Kubernetes reads a client's groups here
    std::vector<std::string> dnsNames;
    std::vector<std::string> addresses;  // "127.0.0.1", "::1"
    // What its key may do, and what for: "": for what the certificate is issued as.
    std::string keyUsage = "digitalSignature";
    std::string purpose = "";  // NOLINT(readability-redundant-string-init): may be left out
};

// A certificate authority that lives in memory, for TLS among the parts of a test. All its keys are
// ECDSA P-256. Throws std::runtime_error where OpenSSL refuses.
//
// Threads: any may issue.
class CertificateAuthority {
  public:
    // Whether certificates say by which key they were signed, as old authorities' did not.
    enum class KeyIdentifiers { Given, Absent };

    explicit CertificateAuthority(const std::string& commonName = "test CA",
                                  KeyIdentifiers identifiers = KeyIdentifiers::Given);
    // An intermediate authority that `issuer` signed.
    CertificateAuthority(const std::string& commonName, const CertificateAuthority& issuer);
    ~CertificateAuthority();
    CertificateAuthority(const CertificateAuthority&) = delete;
    CertificateAuthority& operator=(const CertificateAuthority&) = delete;

    // Its own certificate as PEM: what a peer is to trust.
    const std::string& certificate() const { return certificate_; }

    // A certificate for a server, valid from a minute ago for `validity` from now; a negative
    // validity (above a minute) makes one that has expired.
    KeyPair issueServer(const Subject& subject,
                        std::chrono::seconds validity = std::chrono::hours(1)) const;
    // The same for a client.
    KeyPair issueClient(const Subject& subject,
                        std::chrono::seconds validity = std::chrono::hours(1)) const;

  private:
    struct Keys;
    void make(const std::string& commonName, const Keys* issuer);

    std::unique_ptr<Keys> keys_;
    std::string certificate_;
};

}  // namespace elector::test
