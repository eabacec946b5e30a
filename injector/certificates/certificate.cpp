#include "injector/certificates/certificate.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <ctime>
#include <utility>

#include "injector/certificates/openssl.h"

namespace injector::certificates {

namespace {

// A time that cannot be read is that of the epoch, at which no certificate of ours is valid.
WallTime timeOf(const ASN1_TIME* time) {
    std::tm parts{};
    if (ASN1_TIME_to_tm(time, &parts) != 1) {
        return {};
    }
    return WallTime(std::chrono::seconds(timegm(&parts)));
}

std::string textOf(const ASN1_STRING* string) {
    return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
            static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string commonNameOf(const X509* x509) {
    const X509_NAME* subject = X509_get_subject_name(x509);
    const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
    if (index < 0) {
        return "";
    }
    return textOf(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

std::vector<std::string> dnsNamesOf(const X509* x509) {
    const openssl::Names names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(x509, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> dnsNames;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS) {
            dnsNames.push_back(textOf(name->d.dNSName));
        }
    }
    return dnsNames;
}

std::string pemOf(X509* x509) {
    const openssl::Bio bio(BIO_new(BIO_s_mem()));
    if (!bio || PEM_write_bio_X509(bio.get(), x509) != 1) {
        throw std::bad_alloc();
    }
    char* text = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

}  // namespace

Certificate::Certificate(std::shared_ptr<X509> x509)
    : x509_(std::move(x509)),
      notBefore_(timeOf(X509_get0_notBefore(x509_.get()))),
      notAfter_(timeOf(X509_get0_notAfter(x509_.get()))),
      commonName_(commonNameOf(x509_.get())),
      dnsNames_(dnsNamesOf(x509_.get())),
      // 1 is "CA:TRUE by a v3 extension"; other values above 0 are for what predates these. Where
      // key usages are named, keyCertSign is among them, or it were 0.
      isAuthority_(X509_check_ca(x509_.get()) == 1),
      pem_(pemOf(x509_.get())) {
    ERR_clear_error();  // extensions that cannot be read count as absent
}

std::vector<Certificate> Certificate::readAll(std::string_view pem) {
    const openssl::Bio bio = openssl::readerOf(pem);
    std::vector<Certificate> certificates;
    while (X509* x509 = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        certificates.push_back(Certificate(std::shared_ptr<X509>(x509, &X509_free)));
    }
    ERR_clear_error();  // the end of the text is reported as an error
    return certificates;
}

bool Certificate::hasKey(std::string_view key) const {
    const openssl::Key own = openssl::readKey(key);
    const bool matches = own && X509_check_private_key(x509_.get(), own.get()) == 1;
    ERR_clear_error();
    return matches;
}

bool Certificate::isSignedBy(const Certificate& authority) const {
    // Names and key identifiers first; X509_check_issued looks at no signature.
    const bool isSigned = authority.isAuthority() &&
                          X509_check_issued(authority.x509_.get(), x509_.get()) == X509_V_OK &&
                          X509_verify(x509_.get(), X509_get0_pubkey(authority.x509_.get())) == 1;
    ERR_clear_error();
    return isSigned;
}

std::string join(const std::vector<Certificate>& certificates) {
    std::string pem;
    for (const Certificate& certificate : certificates) {
        pem += certificate.pem();
    }
    return pem;
}

}  // namespace injector::certificates
