#include "elector/kubernetes/socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <thread>

#include "tests/support/certificates.h"
#include "tests/support/tls_connection.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace elector::kubernetes {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;

// Far more than a loaded machine needs, far less than the patience of a scripted server.
constexpr auto kSoon = 5s;

class SocketTest : public testing::Test {
  protected:
    Limits within(Duration time) const { return {clock_.now() + time, {}}; }

    std::shared_ptr<const TlsContext> tlsFor(const std::string& name, bool verify = true) const {
        return TlsContext::make({authority_.certificate(), "", "", name, verify}).value();
    }

    // A script that speaks TLS as the server of 127.0.0.1 and "api.example".
    ScriptedServer::Script secured(std::function<void(test::TlsConnection&)> script) const {
        return [this, script = std::move(script)](ScriptedPeer& peer) {
            const auto context = test::serverContext(
                authority_.issueServer({"api", {}, {"api.example"}, {"127.0.0.1"}}));
            test::TlsConnection connection(peer.release(), context.get(), {});
            if (connection.accept()) {
                script(connection);
            }
        };
    }

    Result<std::string> receiveSome() {
        std::array<char, 100> block{};
        const auto got = socket_.receive(block.data(), block.size());
        return got ? Result(std::string(block.data(), got.value()))
                   : Result<std::string>(got.error());
    }

    runtime::SystemClock clock_;
    test::CertificateAuthority authority_;
    Socket socket_{clock_};
};

TEST_F(SocketTest, SendsAndReceivesInTheClear) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.send("got " + peer.readSome()); }});
    socket_.setLimits(within(kSoon));
    ASSERT_TRUE(socket_.connect(server.endpoint(), nullptr).ok());
    EXPECT_TRUE(socket_.isQuiet());
    ASSERT_TRUE(socket_.send("hello").ok());
    EXPECT_EQ(receiveSome().value(), "got hello");
    EXPECT_EQ(receiveSome().value(), "");
    EXPECT_FALSE(socket_.isQuiet());
}

TEST_F(SocketTest, SendsAndReceivesOverTls) {
    ScriptedServer server({secured([](test::TlsConnection& connection) {
        connection.write("got " + connection.read().value_or("nothing"));
        (void)connection.read();
    })});
    socket_.setLimits(within(kSoon));
    ASSERT_TRUE(socket_.connect(server.endpoint(), tlsFor("127.0.0.1")).ok());
    ASSERT_TRUE(socket_.send("hello").ok());
    EXPECT_EQ(receiveSome().value(), "got hello");
    EXPECT_TRUE(socket_.isQuiet());
}

TEST_F(SocketTest, AcceptsAServerByTheNameThatItIsToldToExpect) {
    const auto idle = secured([](test::TlsConnection& connection) { (void)connection.read(); });
    ScriptedServer server({idle, idle, idle, idle});
    const auto connects = [&](const std::string& name, bool verify) {
        socket_.close();
        socket_.setLimits(within(kSoon));
        return socket_.connect(server.endpoint(), tlsFor(name, verify)).ok();
    };
    EXPECT_TRUE(connects("api.example", true));
    EXPECT_FALSE(connects("other.example", true));
    EXPECT_FALSE(connects("127.0.0.2", true));
    EXPECT_TRUE(connects("other.example", false));
}

TEST_F(SocketTest, RejectsAServerOfAnotherAuthority) {
    ScriptedServer server({secured([](test::TlsConnection&) {})});
    const test::CertificateAuthority other;
    const auto tls = TlsContext::make({other.certificate(), "", "", "127.0.0.1", true}).value();
    socket_.setLimits(within(kSoon));
    const auto outcome = socket_.connect(server.endpoint(), tls);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().kind, ErrorKind::Unreachable);
    EXPECT_THAT(outcome.error().message, HasSubstr("certificate is not accepted"));
    EXPECT_FALSE(socket_.isOpen());
}

TEST_F(SocketTest, RejectsAWrongNameAlsoWhereTheHandshakeWasStalledFirst) {
    ScriptedServer server({[this](ScriptedPeer& peer) {
        char byte = 0;
        ASSERT_EQ(recv(peer.descriptor(), &byte, 1, MSG_PEEK), 1);  // the client waits for us now
        secured([](test::TlsConnection& connection) { (void)connection.read(); })(peer);
    }});
    socket_.setLimits(within(kSoon));
    const auto outcome = socket_.connect(server.endpoint(), tlsFor("other.example"));
    ASSERT_FALSE(outcome.ok());
    EXPECT_THAT(outcome.error().message, HasSubstr("mismatch"));
}

TEST_F(SocketTest, EndsAStalledHandshakeAtTheDeadline) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.awaitClose(); }});
    const auto begin = clock_.now();
    socket_.setLimits(within(300ms));
    const auto outcome = socket_.connect(server.endpoint(), tlsFor("127.0.0.1"));
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().kind, ErrorKind::TimedOut);
    EXPECT_FALSE(socket_.isOpen());  // nothing can resume it without the check of the name
    EXPECT_GE(clock_.now() - begin, 300ms);
    EXPECT_LT(clock_.now() - begin, kSoon);
}

TEST_F(SocketTest, IsNotKeptBusyPastTheDeadlineByAPeerWhoDripsBytes) {
    ScriptedServer server({[](ScriptedPeer& peer) {
        while (peer.send("x")) {
        }
    }});
    socket_.setLimits(within(200ms));
    ASSERT_TRUE(socket_.connect(server.endpoint(), nullptr).ok());
    auto got = receiveSome();
    while (got) {
        got = receiveSome();
    }
    EXPECT_EQ(got.error().kind, ErrorKind::TimedOut);
}

TEST_F(SocketTest, EndsAWaitAtOnceWhenStopped) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.awaitClose(); }});
    std::stop_source stop;
    socket_.setLimits({Instant::max(), stop.get_token()});
    ASSERT_TRUE(socket_.connect(server.endpoint(), nullptr).ok());
    std::jthread stopper([&] { stop.request_stop(); });
    const auto got = receiveSome();
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, ErrorKind::TimedOut);
    EXPECT_THAT(got.error().message, HasSubstr("stopped"));
}

TEST_F(SocketTest, DoesNothingOnceStoppedOrPastTheDeadline) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.awaitClose(); }});
    std::stop_source stop;
    stop.request_stop();
    socket_.setLimits({Instant::max(), stop.get_token()});
    EXPECT_EQ(socket_.connect(server.endpoint(), tlsFor("127.0.0.1")).error().kind,
              ErrorKind::TimedOut);
    socket_.setLimits({Instant(Duration(1)), {}});
    EXPECT_EQ(socket_.connect(server.endpoint(), tlsFor("127.0.0.1")).error().kind,
              ErrorKind::TimedOut);
}

TEST_F(SocketTest, TellsABrokenTlsConnectionFromAnEndInDueForm) {
    ScriptedServer server({secured([](test::TlsConnection& connection) {
        (void)connection.read();
        shutdown(connection.descriptor(), SHUT_RDWR);
    })});
    socket_.setLimits(within(kSoon));
    ASSERT_TRUE(socket_.connect(server.endpoint(), tlsFor("127.0.0.1")).ok());
    ASSERT_TRUE(socket_.send("hello").ok());
    const auto got = receiveSome();
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().kind, ErrorKind::Unreachable);
}

TEST_F(SocketTest, ReportsThatAConnectionIsRefused) {
    std::uint16_t port = 0;
    {
        const ScriptedServer server({});
        port = server.endpoint().port;
    }
    socket_.setLimits(within(kSoon));
    const auto outcome = socket_.connect({false, "127.0.0.1", port, ""}, nullptr);
    ASSERT_FALSE(outcome.ok());
    EXPECT_EQ(outcome.error().kind, ErrorKind::Unreachable);
    EXPECT_THAT(outcome.error().message, HasSubstr("cannot connect: Connection refused"));
}

TEST_F(SocketTest, LooksUpNames) {
    ScriptedServer server({[](ScriptedPeer& peer) { peer.awaitClose(); }});
    socket_.setLimits(within(kSoon));
    EXPECT_TRUE(socket_.connect({false, "localhost", server.endpoint().port, ""}, nullptr).ok());
}

}  // namespace
}  // namespace elector::kubernetes
