#include "tests/support/certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <cstdint>
#include <stdexcept>
#include <string_view>

#include "injector/certificates/openssl.h"

namespace elector::test {
namespace {

using injector::certificates::openssl::Bio;
using injector::certificates::openssl::Extension;
using injector::certificates::openssl::Key;
using injector::certificates::openssl::X509Pointer;

constexpr std::chrono::seconds kBackdated = std::chrono::minutes(1);

void require(bool success, const char* what) {
    if (!success) {
        throw std::runtime_error(std::string("OpenSSL refused to ") + what);
    }
}

Key makeKey() {
    Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "make a P-256 key");
    return key;
}

template <typename Write>
std::string asPem(Write write) {
    const Bio memory(BIO_new(BIO_s_mem()));
    require(memory != nullptr && write(memory.get()) == 1, "write PEM");
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(memory.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

std::string certificatePem(X509* certificate) {
    return asPem([&](BIO* out) { return PEM_write_bio_X509(out, certificate); });
}

std::string keyPem(EVP_PKEY* key) {
    return asPem([&](BIO* out) {
        return PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
}

void addName(X509_NAME* name, const char* field, const std::string& value) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
    require(X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes,
                                       static_cast<int>(value.size()), -1, 0) == 1,
            "set a subject");
}

void addExtension(X509* certificate, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1,
            "add an extension");
}

// All that certificates of the authority and of its customers have in common. Unsigned.
X509Pointer makeCertificate(EVP_PKEY* key, const Subject& subject, std::chrono::seconds validity) {
    X509Pointer certificate(X509_new());
    require(certificate != nullptr, "make a certificate");
    std::uint64_t serial = 0;
    require(RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1,
            "draw a serial number");
    constexpr int kFreeOfSign = 1;  // a serial number is positive
    ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate.get()), serial >> kFreeOfSign);
    X509_set_version(certificate.get(), X509_VERSION_3);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -kBackdated.count());
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), validity.count());
    require(X509_set_pubkey(certificate.get(), key) == 1, "set a public key");
    X509_NAME* name = X509_get_subject_name(certificate.get());
    for (const std::string& organization : subject.organizations) {
        addName(name, "O", organization);
    }
    addName(name, "CN", subject.commonName);
    return certificate;
}

void sign(X509* certificate, EVP_PKEY* key) {
    require(X509_sign(certificate, key, EVP_sha256()) > 0, "sign a certificate");
}

std::string alternativeNames(const Subject& subject) {
    std::string names;
    const auto append = [&](std::string_view kind, const std::string& name) {
        names.append(names.empty() ? "" : ",").append(kind).append(name);
    };
    for (const std::string& name : subject.dnsNames) {
        append("DNS:", name);
    }
    for (const std::string& address : subject.addresses) {
        append("IP:", address);
    }
    return names;
}

}  // namespace

struct CertificateAuthority::Keys {
    Key key;
    X509Pointer certificate;
    KeyIdentifiers identifiers = KeyIdentifiers::Given;

    KeyPair issue(const Subject& subject, std::chrono::seconds validity,
                  const std::string& usage) const {
        const Key leafKey = makeKey();
        const X509Pointer leaf = makeCertificate(leafKey.get(), subject, validity);
        require(X509_set_issuer_name(leaf.get(), X509_get_subject_name(certificate.get())) == 1,
                "set an issuer");
        addExtension(leaf.get(), certificate.get(), NID_basic_constraints, "critical,CA:FALSE");
        addExtension(leaf.get(), certificate.get(), NID_key_usage, "critical," + subject.keyUsage);
        addExtension(leaf.get(), certificate.get(), NID_ext_key_usage,
                     subject.purpose.empty() ? usage : subject.purpose);
        if (identifiers == KeyIdentifiers::Given) {
            addExtension(leaf.get(), certificate.get(), NID_authority_key_identifier, "keyid");
        }
        if (const std::string names = alternativeNames(subject); !names.empty()) {
            addExtension(leaf.get(), certificate.get(), NID_subject_alt_name, names);
        }
        sign(leaf.get(), key.get());
        return {certificatePem(leaf.get()), keyPem(leafKey.get())};
    }
};

CertificateAuthority::CertificateAuthority(const std::string& commonName,
                                           KeyIdentifiers identifiers)
    : keys_(std::make_unique<Keys>()) {
    keys_->identifiers = identifiers;
    make(commonName, nullptr);
}

CertificateAuthority::CertificateAuthority(const std::string& commonName,
                                           const CertificateAuthority& issuer)
    : keys_(std::make_unique<Keys>()) {
    keys_->identifiers = issuer.keys_->identifiers;
    make(commonName, issuer.keys_.get());
}

void CertificateAuthority::make(const std::string& commonName, const Keys* issuer) {
    keys_->key = makeKey();
    keys_->certificate =
        makeCertificate(keys_->key.get(), {commonName, {}, {}, {}}, std::chrono::hours(24));
    X509* own = keys_->certificate.get();
    X509* signer = issuer != nullptr ? issuer->certificate.get() : own;
    require(X509_set_issuer_name(own, X509_get_subject_name(signer)) == 1, "set an issuer");
    addExtension(own, signer, NID_basic_constraints, "critical,CA:TRUE");
    addExtension(own, signer, NID_key_usage, "critical,keyCertSign,cRLSign");
    if (keys_->identifiers == KeyIdentifiers::Given) {
        addExtension(own, signer, NID_subject_key_identifier, "hash");
    }
    sign(own, issuer != nullptr ? issuer->key.get() : keys_->key.get());
    certificate_ = certificatePem(own);
}

CertificateAuthority::~CertificateAuthority() = default;

std::string base64(const std::string& bytes) {
    std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                       reinterpret_cast<const unsigned char*>(bytes.data()),
                                       static_cast<int>(bytes.size()));
    text.resize(static_cast<std::size_t>(length));
    return text;
}

KeyPair CertificateAuthority::issueServer(const Subject& subject,
                                          std::chrono::seconds validity) const {
    return keys_->issue(subject, validity, "serverAuth");
}

KeyPair CertificateAuthority::issueClient(const Subject& subject,
                                          std::chrono::seconds validity) const {
    return keys_->issue(subject, validity, "clientAuth");
}

}  // namespace elector::test
