#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "elector/http/channel.h"

namespace elector::http {

// TLS, server's side, by OpenSSL on the non-blocking socket. The handshake is carried on by read().
class TlsChannel final : public Channel {
  public:
    // `context` is used for this connection only as it is now; what its certificate callback does
    // decides which certificate is shown. Throws std::runtime_error where OpenSSL has no memory.
    TlsChannel(int descriptor, SSL_CTX* context);

    IoResult read(char* into, std::size_t size) override;
    IoResult write(const char* from, std::size_t size) override;
    bool isEstablished() const override;
    std::size_t buffered() const override;
    std::size_t keeps() const override;
    void endWriting() override;

  private:
    IoResult result(int returned, std::size_t size) const;

    struct Free {
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };
    std::unique_ptr<SSL, Free> ssl_;
    bool broken_ = false;
};

}  // namespace elector::http
