#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "tests/support/certificates.h"

namespace elector::test {

using ServerContext = std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)>;

// For servers with this certificate, TLS 1.2 and above. Throws std::runtime_error where OpenSSL
// refuses it.
ServerContext serverContext(const KeyPair& pair);

// The server's end of one TLS connection. Every wait ends when `stop` is requested.
//
// Threads: one.
class TlsConnection {
  public:
    // Owns `socket`. `context` is the server's, with its certificate.
    TlsConnection(int socket, SSL_CTX* context, std::stop_token stop);
    ~TlsConnection();
    TlsConnection(const TlsConnection&) = delete;
    TlsConnection& operator=(const TlsConnection&) = delete;

    // False where the client gave up or would not have our certificate.
    bool accept();

    // Some bytes, at least one; nothing at the end of the connection or at a stop.
    std::optional<std::string> read();

    // False where the client has gone.
    bool write(std::string_view bytes);

    // True if the client has closed. Looks without waiting; REQUIRES that nothing is left to read.
    bool isClosedByClient();

    int descriptor() const { return socket_; }

  private:
    // Waits for what OpenSSL wants after `result`; false where the connection is over.
    bool awaitReady(int result);

    int socket_;
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl_;
    std::stop_token stop_;
};

}  // namespace elector::test
