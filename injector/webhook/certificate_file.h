#pragma once

#include <openssl/ssl.h>

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/certificates/openssl.h"

namespace injector::webhook {

// The certificate that the webhook shows, with its chain, and its key: read from two PEM files, as
// a mounted Secret has them, or from one that holds both, as soon as a stat() at a handshake, or at
// a question for it, says that one of them is another file. So a new certificate is in use from the
// next handshake on, and connections that are open go on.
//
// What cannot be used leaves what was read before in force, and is logged once. So does a key that
// does not belong to the certificate: the files were replaced between the two readings, and are
// read again at the next look.
//
// Threads: any.
class CertificateFile {
  public:
    // Where the two are; the same file where it holds both.
    struct Paths {
        std::string certificate;
        std::string key;
    };
    // `clock` and `log` outlive it. The files need not exist yet.
    CertificateFile(Paths paths, const elector::runtime::Clock& clock,
                    const elector::runtime::Log& log);
    CertificateFile(const CertificateFile&) = delete;
    CertificateFile& operator=(const CertificateFile&) = delete;

    // Has every handshake by `context` show the certificate of its moment; fail, where there is
    // none. Outlives the context's last handshake.
    void attachTo(SSL_CTX* context);

    // Until when the certificate in force is valid; nothing where there is none.
    std::optional<elector::runtime::WallTime> expiry();
    // Why no client can be served now, in a sentence; nothing where one can.
    std::optional<std::string> complaint();

  private:
    // What tells one version of a file from the next.
    struct Identity {
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        timespec modified{};
        timespec changed{};
    };
    struct Identities {
        Identity certificate;
        Identity key;
    };
    struct Loaded {
        certificates::openssl::Key key;
        std::vector<certificates::openssl::X509Pointer> chain;  // the leaf first
        elector::runtime::WallTime notBefore;
        elector::runtime::WallTime notAfter;
    };

    static int show(SSL* session, void* self);
    static std::optional<Identity> identityOf(const std::string& path);
    static bool isSame(const Identity& left, const Identity& right);

    // The next four with the mutex held.
    void refresh();
    std::optional<Identity> find(const std::string& path);
    void load();
    void complain(std::string why);

    const Paths paths_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    std::mutex mutex_;
    std::optional<Identities> identities_;  // of the files as last read, usable or not
    std::optional<Loaded> loaded_;
    std::string why_;  // the files cannot be used as they are now; "" where they can
};

}  // namespace injector::webhook
