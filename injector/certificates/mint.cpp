#include "injector/certificates/mint.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <stdexcept>

#include "elector/kubernetes/tls_context.h"
#include "injector/certificates/openssl.h"

namespace injector::certificates {
namespace {

// The largest common name that X.509 allows; longer names stand among the alternative names alone.
constexpr std::size_t kLongestCommonName = 64;
constexpr int kSerialBits = 128;
constexpr int kVersion3 = 2;  // counted from 0

void require(bool succeeded, const char* step) {
    if (!succeeded) {
        throw std::runtime_error(fmt::format("cannot make a certificate: {} failed ({})", step,
                                             elector::kubernetes::takeTlsErrors()));
    }
}

openssl::Key newKey() {
    openssl::Key key(EVP_EC_gen("P-256"));
    require(key != nullptr, "making a key");
    return key;
}

template <typename Write>
std::string pemBy(Write write) {
    const openssl::Bio bio(BIO_new(BIO_s_mem()));
    require(bio && write(bio.get()) == 1, "writing PEM");
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

KeyPair pairOf(X509* x509, EVP_PKEY* key) {
    return {pemBy([&](BIO* bio) { return PEM_write_bio_X509(bio, x509); }), pemBy([&](BIO* bio) {
                return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr,
                                                     nullptr);
            })};
}

void setSerial(X509* x509) {
    const openssl::Number number(BN_new());
    require(number &&
                BN_rand(number.get(), kSerialBits, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
                BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x509)) != nullptr,
            "making a serial number");
}

void setTime(ASN1_TIME* field, WallTime time) {
    require(ASN1_TIME_set(field, std::chrono::system_clock::to_time_t(time)) != nullptr,
            "setting the time");
}

void setSubject(X509* x509, const std::string& commonName) {
    X509_NAME* subject = X509_get_subject_name(x509);
    const std::string text = commonName.substr(0, kLongestCommonName);
    require(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                       reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size()), -1, 0) == 1,
            "setting the subject");
}

// As in a configuration file of OpenSSL: "critical,CA:TRUE".
void extend(X509* x509, X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, x509, nullptr, nullptr, 0);
    const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
    require(extension && X509_add_ext(x509, extension.get(), -1) == 1, "adding an extension");
}

// All but the issuer, the extensions and the signature.
openssl::X509Pointer begun(EVP_PKEY* key, const std::string& commonName, WallTime now,
                           WallTime end) {
    openssl::X509Pointer x509(X509_new());
    require(x509 && X509_set_version(x509.get(), kVersion3) == 1, "setting the version");
    setSerial(x509.get());
    setTime(X509_getm_notBefore(x509.get()), now - kBackdated);
    setTime(X509_getm_notAfter(x509.get()), end);
    setSubject(x509.get(), commonName);
    require(X509_set_pubkey(x509.get(), key) == 1, "setting the key");
    return x509;
}

void sign(X509* x509, const X509* issuer, EVP_PKEY* key) {
    require(X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1, "setting the issuer");
    require(X509_sign(x509, key, EVP_sha256()) > 0, "signing");
}

WallTime after(WallTime now, Duration life) {
    return now + std::chrono::duration_cast<WallTime::duration>(life);
}

}  // namespace

KeyPair mintAuthority(WallTime now, Duration life) {
    ERR_clear_error();
    const openssl::Key key = newKey();
    const openssl::X509Pointer x509 = begun(key.get(), kAuthorityName, now, after(now, life));
    extend(x509.get(), x509.get(), NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
    extend(x509.get(), x509.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
    // By which clients tell authorities of one name apart.
    extend(x509.get(), x509.get(), NID_subject_key_identifier, "hash");
    sign(x509.get(), x509.get(), key.get());
    return pairOf(x509.get(), key.get());
}

KeyPair mintLeaf(const KeyPair& authority, const std::vector<std::string>& names, WallTime now,
                 Duration life) {
    ERR_clear_error();
    const std::vector<Certificate> issuers = Certificate::readAll(authority.certificate);
    const openssl::Key issuerKey = openssl::readKey(authority.key);
    if (issuers.empty() || !issuerKey || names.empty()) {
        throw std::runtime_error("cannot make a certificate: there is no authority, or no name");
    }
    const openssl::Bio bio = openssl::readerOf(authority.certificate);
    const openssl::X509Pointer issuer(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));

    const openssl::Key key = newKey();
    const openssl::X509Pointer x509 = begun(key.get(), names.front(), now,
                                            std::min(after(now, life), issuers.front().notAfter()));
    std::string alternatives;
    for (const std::string& name : names) {
        alternatives += (alternatives.empty() ? "DNS:" : ",DNS:") + name;
    }
    extend(x509.get(), issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
    extend(x509.get(), issuer.get(), NID_key_usage, "critical,digitalSignature");
    extend(x509.get(), issuer.get(), NID_ext_key_usage, "serverAuth");
    extend(x509.get(), issuer.get(), NID_subject_alt_name, alternatives);
    extend(x509.get(), issuer.get(), NID_subject_key_identifier, "hash");
    extend(x509.get(), issuer.get(), NID_authority_key_identifier, "keyid:always");
    sign(x509.get(), issuer.get(), issuerKey.get());
    return pairOf(x509.get(), key.get());
}

}  // namespace injector::certificates
