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

// The certificate that the webhook shows: read from one PEM file (certificates/pem_file.h) as soon
// as a stat() at a handshake, or at a question for it, says that the file is another one. So a new
// certificate is in use from the next handshake on, connections that are open go on, and key and
// certificate are always of one reading.
//
// What cannot be used leaves what was read before in force, and is logged once.
//
// Threads: any.
class CertificateFile {
  public:
    // `clock` and `log` outlive it. The file need not exist yet.
    CertificateFile(std::string path, const elector::runtime::Clock& clock,
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
    struct Loaded {
        certificates::openssl::Key key;
        std::vector<certificates::openssl::X509Pointer> chain;  // the leaf first
        elector::runtime::WallTime notBefore;
        elector::runtime::WallTime notAfter;
    };

    static int show(SSL* session, void* self);
    static std::optional<Identity> identityOf(const std::string& path);
    static bool isSame(const Identity& left, const Identity& right);

    // The next three with the mutex held.
    void refresh();
    void load();
    void complain(std::string why);

    const std::string path_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    std::mutex mutex_;
    std::optional<Identity> identity_;  // of the file as last read, usable or not
    std::optional<Loaded> loaded_;
    std::string why_;  // the file cannot be used as it is now; "" where it can
};

}  // namespace injector::webhook
