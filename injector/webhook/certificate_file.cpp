#include "injector/webhook/certificate_file.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "elector/kubernetes/file_text.h"
#include "elector/runtime/rfc3339.h"
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

CertificateFile::CertificateFile(std::string path, const elector::runtime::Clock& clock,
                                 const elector::runtime::Log& log)
    : path_(std::move(path)), clock_(clock), log_(log) {}

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

void CertificateFile::refresh() {
    const std::optional<Identity> identity = identityOf(path_);
    if (!identity) {
        identity_.reset();
        complain(fmt::format("cannot find {}: {}", path_,
                             std::error_code(errno, std::generic_category()).message()));
    } else if (!identity_ || !isSame(*identity, *identity_)) {
        // Taken before the reading: what is written meanwhile is read at the next look.
        identity_ = identity;
        load();
    }
}

void CertificateFile::load() {
    const auto text = elector::kubernetes::readFile(path_);
    if (!text) {
        complain(text.error().message);
        return;
    }
    const auto facts = certificates::Certificate::readAll(text.value());
    if (facts.empty() || !facts.front().hasKey(text.value())) {
        complain(fmt::format("{} holds no private key followed by its certificate", path_));
        return;
    }
    loaded_ = Loaded{openssl::readKey(text.value()), chainIn(text.value()),
                     facts.front().notBefore(), facts.front().notAfter()};
    why_.clear();
    log_.info(
        "the certificate was read",
        {{"file", path_}, {"notAfter", elector::runtime::formatMicroTime(loaded_->notAfter)}});
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
