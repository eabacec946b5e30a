#include "tests/support/tls_connection.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace elector::test {
namespace {

// How often a wait looks at the stop, in milliseconds.
constexpr int kLook = 20;

std::unique_ptr<BIO, decltype(&BIO_free)> memoryOf(const std::string& pem) {
    return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free};
}

}  // namespace

ServerContext serverContext(const KeyPair& pair) {
    ServerContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
    const auto certificateBio = memoryOf(pair.certificate);
    const auto keyBio = memoryOf(pair.key);
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        PEM_read_bio_X509(certificateBio.get(), nullptr, nullptr, nullptr), &X509_free);
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
        PEM_read_bio_PrivateKey(keyBio.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
    if (SSL_CTX_use_certificate(context.get(), certificate.get()) != 1 ||
        SSL_CTX_use_PrivateKey(context.get(), key.get()) != 1) {
        throw std::runtime_error("OpenSSL refuses the fake API server's certificate");
    }
    // What follows the server's own certificate is the chain that it sends.
    while (X509* link = PEM_read_bio_X509(certificateBio.get(), nullptr, nullptr, nullptr)) {
        SSL_CTX_add0_chain_cert(context.get(), link);
    }
    ERR_clear_error();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    return context;
}

TlsConnection::TlsConnection(int socket, SSL_CTX* context, std::stop_token stop)
    : socket_(socket), ssl_(SSL_new(context), &SSL_free), stop_(std::move(stop)) {
    const int on = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    fcntl(socket_, F_SETFL, fcntl(socket_, F_GETFL) | O_NONBLOCK);
    SSL_set_fd(ssl_.get(), socket_);
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

TlsConnection::~TlsConnection() {
    close(socket_);
}

bool TlsConnection::accept() {
    while (true) {
        ERR_clear_error();
        const int result = SSL_accept(ssl_.get());
        if (result == 1) {
            return true;
        }
        if (!awaitReady(result)) {
            return false;
        }
    }
}

std::optional<std::string> TlsConnection::read() {
    std::array<char, 16384> buffer{};
    while (true) {
        ERR_clear_error();
        const int count = SSL_read(ssl_.get(), buffer.data(), static_cast<int>(buffer.size()));
        if (count > 0) {
            return std::string(buffer.data(), static_cast<std::size_t>(count));
        }
        if (!awaitReady(count)) {
            return std::nullopt;
        }
    }
}

bool TlsConnection::write(std::string_view bytes) {
    while (!bytes.empty()) {
        ERR_clear_error();
        const int count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
        if (count > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(count));
        } else if (!awaitReady(count)) {
            return false;
        }
    }
    return true;
}

bool TlsConnection::isClosedByClient() {
    char byte = 0;
    ERR_clear_error();
    const int count = SSL_peek(ssl_.get(), &byte, 1);
    if (count > 0) {
        return false;
    }
    const int error = SSL_get_error(ssl_.get(), count);
    return error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

bool TlsConnection::awaitReady(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
        return false;
    }
    const auto events = static_cast<short>(error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT);
    while (!stop_.stop_requested()) {
        pollfd waiting{socket_, events, 0};
        if (poll(&waiting, 1, kLook) > 0) {
            return true;
        }
    }
    return false;
}

}  // namespace elector::test
