#include "injector/webhook/certificate_file.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "elector/runtime/file_text.h"
#include "elector/runtime/time_text.h"
#include "injector/certificates/certificate.h"

namespace injector::webhook {
namespace {

namespace openssl = certificates::openssl;
using elector::runtime::WallTime;

struct FreeStack {
    void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using Stack = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::vector<openssl::X509Pointer> chainIn(const std::string& pem) {
    const openssl::Bio bio = openssl::readerOf(pem);
    std::vector<openssl::X509Pointer> chain;
    while (X509* x509 = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
        chain.emplace_back(x509);
    }
    ERR_clear_error();  // the end of the text is reported as an error
    return chain;
}

bool isEqual(const timespec& left, const timespec& right) {
    return left.tv_sec == right.tv_sec && left.tv_nsec == right.tv_nsec;
}

}  // namespace

CertificateFile::CertificateFile(Paths paths, const elector::runtime::Clock& clock,
                                 const elector::runtime::Log& log)
    : paths_(std::move(paths)), clock_(clock), log_(log) {}

void CertificateFile::attachTo(SSL_CTX* context) {
    SSL_CTX_set_cert_cb(context, &show, this);
}

// Called by OpenSSL in each handshake, before a certificate is needed: 1 to go on.
int CertificateFile::show(SSL* session, void* self) {
    auto& file = *static_cast<CertificateFile*>(self);
    const std::lock_guard lock(file.mutex_);
    file.refresh();
    if (!file.loaded_) {
        return 0;
    }
    const Loaded& loaded = *file.loaded_;
    const Stack rest(sk_X509_new_null());
    for (std::size_t i = 1; i < loaded.chain.size(); ++i) {
        sk_X509_push(rest.get(), loaded.chain[i].get());
    }
    constexpr int kReplace = 1;
    return SSL_use_cert_and_key(session, loaded.chain.front().get(), loaded.key.get(), rest.get(),
                                kReplace);
}

std::optional<WallTime> CertificateFile::expiry() {
    const std::lock_guard lock(mutex_);
    refresh();
    return loaded_ ? std::optional(loaded_->notAfter) : std::nullopt;
}

std::optional<std::string> CertificateFile::complaint() {
    const std::lock_guard lock(mutex_);
    refresh();
    if (!loaded_) {
        return fmt::format("there is no certificate yet: {}", why_);
    }
    const WallTime now = clock_.wall();
    if (now >= loaded_->notAfter) {
        return fmt::format("the certificate has expired, at {}",
                           elector::runtime::formatMicroTime(loaded_->notAfter));
    }
    if (now < loaded_->notBefore) {
        return fmt::format("the certificate is not valid before {}",
                           elector::runtime::formatMicroTime(loaded_->notBefore));
    }
    return std::nullopt;
}

std::optional<CertificateFile::Identity> CertificateFile::identityOf(const std::string& path) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
        return std::nullopt;
    }
    return Identity{status.st_dev, status.st_ino, status.st_size, status.st_mtim, status.st_ctim};
}

bool CertificateFile::isSame(const Identity& left, const Identity& right) {
    return left.device == right.device && left.inode == right.inode && left.size == right.size &&
           isEqual(left.modified, right.modified) && isEqual(left.changed, right.changed);
}

std::optional<CertificateFile::Identity> CertificateFile::find(const std::string& path) {
    std::optional<Identity> identity = identityOf(path);
    if (!identity) {
        complain(fmt::format("cannot find {}: {}", path,
                             std::error_code(errno, std::generic_category()).message()));
    }
    return identity;
}

void CertificateFile::refresh() {
    const std::optional<Identity> certificate = find(paths_.certificate);
    const std::optional<Identity> key = certificate ? find(paths_.key) : std::nullopt;
    if (!certificate || !key) {
        identities_.reset();
    } else if (!identities_ || !isSame(*certificate, identities_->certificate) ||
               !isSame(*key, identities_->key)) {
        // Taken before the reading: what is written meanwhile is read at the next look.
        identities_ = {*certificate, *key};
        load();
    }
}

void CertificateFile::load() {
    const auto certificate = elector::runtime::readFile(paths_.certificate);
    const auto key = elector::runtime::readFile(paths_.key);
    if (!certificate || !key) {
        complain((certificate ? key : certificate).error().message);
        return;
    }
    const auto facts = certificates::Certificate::readAll(certificate.value());
    if (facts.empty() || !facts.front().hasKey(key.value())) {
        complain(fmt::format("{} holds no certificate whose private key is in {}",
                             paths_.certificate, paths_.key));
        return;
    }
    loaded_ = Loaded{openssl::readKey(key.value()), chainIn(certificate.value()),
                     facts.front().notBefore(), facts.front().notAfter()};
    why_.clear();
    log_.info("the certificate was read",
              {{"file", paths_.certificate},
               {"notAfter", elector::runtime::formatMicroTime(loaded_->notAfter)}});
}

void CertificateFile::complain(std::string why) {
    if (why != why_) {
        log_.warn(loaded_ ? "the certificate's file cannot be used; the certificate read before "
                            "stays in use"
                          : "there is no certificate yet; no client can be served before there is",
                  {{"error", why}});
        why_ = std::move(why);
    }
}

}  // namespace injector::webhook
