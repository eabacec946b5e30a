#include "tests/support/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

namespace elector::http {
namespace {

constexpr int kPatienceMs = 20000;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Address {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_in);

    const sockaddr* generic() const { return reinterpret_cast<const sockaddr*>(&storage); }
};

Address addressOf(const std::string& host, std::uint16_t port) {
    Address address;
    auto* v4 = reinterpret_cast<sockaddr_in*>(&address.storage);
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&address.storage);
    if (inet_pton(AF_INET, host.c_str(), &v4->sin_addr) == 1) {
        v4->sin_family = AF_INET;
        v4->sin_port = htons(port);
    } else if (inet_pton(AF_INET6, host.c_str(), &v6->sin6_addr) == 1) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        address.size = sizeof(sockaddr_in6);
    }
    return address;
}

int connectTo(const std::string& host, std::uint16_t port, const std::string& from,
              int receiveBuffer) {
    const Address to = addressOf(host, port);
    const int descriptor = ::socket(to.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (receiveBuffer > 0) {
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, sizeof receiveBuffer);
    }
    const Address own = addressOf(from, 0);
    if (descriptor < 0 || (!from.empty() && ::bind(descriptor, own.generic(), own.size) != 0) ||
        ::connect(descriptor, to.generic(), to.size) != 0) {
        throw std::runtime_error("cannot connect to " + host);
    }
    return descriptor;
}

}  // namespace

TestClient::TestClient(std::uint16_t port, const std::string& host, const std::string& from,
                       int receiveBuffer)
    : descriptor_(connectTo(host, port, from, receiveBuffer)) {}

TestClient::~TestClient() {
    ::close(descriptor_);
}

void TestClient::waitFor(short events) const {
    pollfd wait{descriptor_, events, 0};
    if (::poll(&wait, 1, kPatienceMs) != 1) {
        throw std::runtime_error("the server does not move");
    }
}

std::size_t TestClient::sendWhatFits(std::string_view bytes) {
    const ssize_t sent =
        ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void TestClient::send(std::string_view bytes) {
    while (!bytes.empty()) {
        waitFor(POLLOUT);
        const ssize_t sent =
            ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno != EAGAIN) {
            return;  // the server closed: what it said before is still to be read
        }
        bytes.remove_prefix(sent < 0 ? 0 : static_cast<std::size_t>(sent));
    }
}

void TestClient::endWriting() {
    ::shutdown(descriptor_, SHUT_WR);
}

std::string TestClient::receive() {
    waitFor(POLLIN);
    std::array<char, 65536> buffer{};
    const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
    return got <= 0 ? std::string() : std::string(buffer.data(), static_cast<std::size_t>(got));
}

std::string TestClient::until(std::string_view end) {
    std::size_t found = 0;
    while ((found = ahead_.find(end)) == std::string::npos) {
        const std::string bytes = receive();
        if (bytes.empty()) {
            throw std::runtime_error("the server closed after: " + ahead_);
        }
        ahead_ += bytes;
    }
    std::string result = ahead_.substr(0, found + end.size());
    ahead_.erase(0, result.size());
    return result;
}

std::string TestClient::headOnly() {
    return until(kHeadEnd);
}

std::string TestClient::answer() {
    constexpr std::string_view kLength = "Content-Length: ";
    std::string result = until(kHeadEnd);
    const std::size_t field = result.find(kLength);
    if (field == std::string::npos) {
        throw std::runtime_error("an answer without Content-Length: " + result);
    }
    const auto size = std::strtoul(result.c_str() + field + kLength.size(), nullptr, 10);
    while (ahead_.size() < size) {
        const std::string bytes = receive();
        if (bytes.empty()) {
            throw std::runtime_error("the server closed within a body");
        }
        ahead_ += bytes;
    }
    result += ahead_.substr(0, size);
    ahead_.erase(0, size);
    return result;
}

std::string TestClient::rest() {
    std::string result;
    ahead_.swap(result);
    for (std::string bytes = receive(); !bytes.empty(); bytes = receive()) {
        result += bytes;
    }
    return result;
}

std::string TestClient::get(const std::string& path) {
    send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return answer();
}

struct TlsTestClient::State {
    std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{SSL_CTX_new(TLS_client_method()),
                                                              SSL_CTX_free};
    std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, SSL_free};
};

TlsTestClient::TlsTestClient(std::uint16_t port, const std::string& authorities,
                             const std::string& name, const std::string& from)
    : TestClient(port, "127.0.0.1", from), state_(std::make_unique<State>()) {
    const std::unique_ptr<BIO, decltype(&BIO_free)> pem(
        BIO_new_mem_buf(authorities.data(), static_cast<int>(authorities.size())), BIO_free);
    while (X509* trusted = PEM_read_bio_X509(pem.get(), nullptr, nullptr, nullptr)) {
        X509_STORE_add_cert(SSL_CTX_get_cert_store(state_->context.get()), trusted);
        X509_free(trusted);
    }
    SSL_CTX_set_verify(state_->context.get(), SSL_VERIFY_PEER, nullptr);
    state_->ssl.reset(SSL_new(state_->context.get()));
    const timeval patience{kPatienceMs / 1000, 0};
    ::setsockopt(descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(descriptor(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    SSL_set_fd(state_->ssl.get(), descriptor());
    SSL_set1_host(state_->ssl.get(), name.c_str());
    SSL_set_tlsext_host_name(state_->ssl.get(), name.c_str());
    if (SSL_connect(state_->ssl.get()) != 1) {
        throw std::runtime_error("the handshake failed");
    }
}

TlsTestClient::~TlsTestClient() = default;

void TlsTestClient::send(std::string_view bytes) {
    std::size_t sent = 0;
    if (SSL_write_ex(state_->ssl.get(), bytes.data(), bytes.size(), &sent) != 1 ||
        sent != bytes.size()) {
        throw std::runtime_error("cannot send over TLS");
    }
}

std::string TlsTestClient::receive() {
    std::array<char, 65536> buffer{};
    std::size_t got = 0;
    SSL_read_ex(state_->ssl.get(), buffer.data(), buffer.size(), &got);
    return {buffer.data(), got};
}

std::string TlsTestClient::serverName() const {
    const std::unique_ptr<X509, decltype(&X509_free)> certificate(
        SSL_get1_peer_certificate(state_->ssl.get()), X509_free);
    std::array<char, 256> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(),
                              static_cast<int>(name.size()));
    return name.data();
}

int TlsTestClient::chainLength() const {
    return sk_X509_num(SSL_get_peer_cert_chain(state_->ssl.get()));
}

}  // namespace elector::http
