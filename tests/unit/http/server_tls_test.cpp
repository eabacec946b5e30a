#include <Poco/Net/NetSSL.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::EndsWith;
using testing::StartsWith;

// Shows whichever certificate was given last to whoever connects next.
class CurrentCertificate {
  public:
    void set(const test::KeyPair& pair) {
        const std::lock_guard lock(mutex_);
        pair_ = pair;
    }
    void attachTo(SSL_CTX* context) { SSL_CTX_set_cert_cb(context, &show, this); }
    // Whom it was shown to, in that order: address and port.
    std::vector<std::string> shownTo() {
        const std::lock_guard lock(mutex_);
        return shownTo_;
    }

  private:
    static std::string peerOf(SSL* ssl) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        ::getpeername(SSL_get_fd(ssl), reinterpret_cast<sockaddr*>(&peer), &size);
        return std::to_string(ntohl(peer.sin_addr.s_addr) & 0xffU) + ":" +
               std::to_string(ntohs(peer.sin_port));
    }
    static std::unique_ptr<BIO, decltype(&BIO_free)> bio(const std::string& pem) {
        return {BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free};
    }
    static int show(SSL* ssl, void* self) {
        auto* current = static_cast<CurrentCertificate*>(self);
        const std::lock_guard lock(current->mutex_);
        current->shownTo_.push_back(peerOf(ssl));
        const std::unique_ptr<X509, decltype(&X509_free)> certificate(
            PEM_read_bio_X509(bio(current->pair_.certificate).get(), nullptr, nullptr, nullptr),
            X509_free);
        const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(
            PEM_read_bio_PrivateKey(bio(current->pair_.key).get(), nullptr, nullptr, nullptr),
            EVP_PKEY_free);
        return SSL_use_cert_and_key(ssl, certificate.get(), key.get(), nullptr, 1);
    }

    std::mutex mutex_;
    test::KeyPair pair_;
    std::vector<std::string> shownTo_;
};

// What a client says first.
std::string clientHello() {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
    BIO* out = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), out);
    SSL_connect(ssl.get());
    char* bytes = nullptr;
    const auto size = static_cast<std::size_t>(BIO_get_mem_data(out, &bytes));
    return {bytes, size};
}

// As CurrentCertificate::shownTo() has it.
std::string nameOf(const TestClient& client) {
    sockaddr_in own{};
    socklen_t size = sizeof own;
    ::getsockname(client.descriptor(), reinterpret_cast<sockaddr*>(&own), &size);
    return std::to_string(ntohl(own.sin_addr.s_addr) & 0xffU) + ":" +
           std::to_string(ntohs(own.sin_port));
}

class ServerTlsTest : public ServerFixture {
  protected:
    ServerTlsTest() {
        Poco::Net::initializeSSL();
        options.tls = new Poco::Net::Context(Poco::Net::Context::TLS_SERVER_USE, "", "", "",
                                             Poco::Net::Context::VERIFY_NONE);
        options.tls->requireMinimumProtocol(Poco::Net::Context::PROTO_TLSV1_2);
        show("first");
        certificate_.attachTo(options.tls->sslContext());
    }
    ~ServerTlsTest() override {
        server.reset();
        options.tls.reset();
        Poco::Net::uninitializeSSL();
    }
    void show(const std::string& name) {
        certificate_.set(authority_.issueServer({name, {}, {"localhost"}, {"127.0.0.1"}}));
    }

    test::CertificateAuthority authority_;
    CurrentCertificate certificate_;
};

TEST_F(ServerTlsTest, LeavesItsNamesToTheCertificateUnlessItIsGivenSome) {
    const std::string request = "GET /hello HTTP/1.1\r\nHost: hook.system.svc:443\r\n\r\n";
    start();
    TlsTestClient client(port(), authority_.certificate());
    client.send(request);
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
    options.hostNames = {"other.system.svc"};
    start();
    TlsTestClient stranger(port(), authority_.certificate());
    stranger.send(request);
    EXPECT_THAT(stranger.answer(), StartsWith("HTTP/1.1 421 "));
}

TEST_F(ServerTlsTest, AnswersOverTls) {
    options.limits.bodyBytes = 1000000;
    start();
    TlsTestClient client(port(), authority_.certificate());
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    const std::string body(1000000, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + body);
    EXPECT_THAT(client.answer(), EndsWith("\r\n\r\n" + body));
    client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.rest(), EndsWith("hello\n"));
}

TEST_F(ServerTlsTest, AnswersWhileOthersStallInTheHandshake) {
    start();
    std::vector<std::unique_ptr<TestClient>> stalled;
    for (int i = 0; i < 100; ++i) {
        stalled.push_back(std::make_unique<TestClient>(port()));
        // The head of a record that never comes: 22 (handshake), TLS 1.0, 512 bytes.
        stalled.back()->send(std::string_view("\x16\x03\x01\x02\x00\x01", i % 2 == 0 ? 6 : 0));
    }
    TlsTestClient client(port(), authority_.certificate());
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    ASSERT_TRUE(eventually([this] { return server->stats().open == 101U; }));
    pass(options.limits.head);
    EXPECT_TRUE(eventually([this] { return server->stats().open == 1U; }));
    EXPECT_EQ(stalled.front()->rest(), "");
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerTlsTest, CarriesHandshakesOnInTheOrderOfArrivalInTurnByAddress) {
    start();
    const std::string hello = clientHello();
    std::vector<std::unique_ptr<TestClient>> many;
    std::vector<std::string> names;
    for (int i = 0; i < 100; ++i) {
        many.push_back(std::make_unique<TestClient>(port(), "127.0.0.1", "127.0.0.2"));
        names.push_back(nameOf(*many.back()));
        ASSERT_TRUE(eventually([&] { return server->stats().connections == many.size(); }));
    }
    TestClient single(port(), "127.0.0.1", "127.0.0.3");
    ASSERT_TRUE(eventually([&] { return server->stats().connections == many.size() + 1; }));
    Hold hold(*server);
    for (const auto& client : many) {
        client->send(hello);
    }
    single.send(hello);
    hold.release();
    ASSERT_TRUE(eventually([&] { return certificate_.shownTo().size() == many.size() + 1; }));
    std::vector<std::string> order = certificate_.shownTo();
    const auto found = std::ranges::find(order, nameOf(single));
    ASSERT_NE(found, order.end());
    EXPECT_LE(found - order.begin(), 1) << "it waits for one of the other address";
    order.erase(found);
    EXPECT_EQ(order, names);
}

TEST_F(ServerTlsTest, ClosesWhoSpeaksNoTls) {
    start();
    TestClient client(port());
    client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    client.rest();
    EXPECT_EQ(server->stats().requests, 0U);
    EXPECT_TRUE(eventually([this] { return server->stats().open == 0U; }));
}

TEST_F(ServerTlsTest, ShowsANewCertificateWithoutARestart) {
    start();
    TlsTestClient before(port(), authority_.certificate());
    EXPECT_EQ(before.serverName(), "first");
    show("second");
    TlsTestClient after(port(), authority_.certificate());
    EXPECT_EQ(after.serverName(), "second");
    EXPECT_THAT(before.get("/hello"), EndsWith("hello\n")) << "who was connected stays so";
    EXPECT_THAT(after.get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerTlsTest, RefusesOverTlsSoThatTheRefusalArrives) {
    start();
    TlsTestClient client(port(), authority_.certificate());
    client.send("GET /hello HTTP/1.1\r\nHost: evil example\r\n\r\n");
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTlsTest, SendsMoreThanTheClientTakesAtOnce) {
    options.limits.memoryBytes = std::size_t{256} << 20U;
    router.answer("GET", "/large", [](const Request&) {
        return Response::text(200, std::string(std::size_t{32} << 20U, 'x'));
    });
    start();
    TlsTestClient slow(port(), authority_.certificate());
    slow.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(eventually([this] { return server->stats().requests == 1U; }));
    TlsTestClient other(port(), authority_.certificate());
    EXPECT_THAT(other.get("/hello"), EndsWith("hello\n"));
    EXPECT_GT(slow.answer().size(), std::size_t{32} << 20U);
}

}  // namespace
}  // namespace elector::http
