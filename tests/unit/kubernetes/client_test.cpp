#include "elector/kubernetes/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elector/version.h"
#include "tests/support/certificates.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tls_connection.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace elector::kubernetes {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using testing::HasSubstr;
using testing::Not;

constexpr auto kSoon = 5s;
const Request kGet{Method::Get, "/x?a=b", ""};
const Request kPut{Method::Put, "/x", R"({"a":1})"};

class ClientTest : public testing::Test {
  protected:
    Client clientOf(const ScriptedServer& server) {
        Access access;
        access.server = server.endpoint();
        access.origin = "a test";
        if (!tokenFile_.empty()) {
            access.token = Source::file(tokenFile_);
        }
        return {access, clock_};
    }
    Limits soon() const { return {clock_.now() + kSoon, {}}; }

    // What a GET is answered by a server that sends `text` and closes.
    Result<Response> answerTo(const std::string& text) {
        ScriptedServer server({[text](ScriptedPeer& peer) {
            peer.readRequest();
            peer.send(text);
        }});
        auto client = clientOf(server);
        return client.request(kGet, soon());
    }

    runtime::SystemClock clock_;
    test::TemporaryFolder folder_;
    std::filesystem::path tokenFile_;
};

TEST_F(ClientTest, KeepsNoMoreOfAnAnswerThanTheRequestSays) {
    const std::string long_(Client::kMaxBody + 1, 'x');
    const auto ask = [&](const std::string& body) {
        ScriptedServer server({[&](ScriptedPeer& peer) {
            peer.readRequest();
            peer.send(answerOf(200, body));
        }});
        auto client = clientOf(server);
        auto request = kGet;
        request.keep = &kWithoutManagedFields;
        return client.request(request, soon());
    };
    const auto managed = ask(R"({"metadata":{"managedFields":[")" + long_ + R"("],"uid":"u"}})");
    ASSERT_TRUE(managed.ok()) << managed.error().message;
    EXPECT_EQ(managed.value().body, R"({"metadata":{"uid":"u"}})");
    const auto tooLong = ask(R"({"metadata":{"name":")" + long_ + R"("}})");
    ASSERT_FALSE(tooLong.ok());
    EXPECT_EQ(tooLong.error().kind, ErrorKind::Malformed);
    EXPECT_THAT(
        tooLong.error().message,
        testing::EndsWith("the answer has more than 3145728 bytes besides its managed fields"));
    for (const char* body : {"", "{", "no JSON"}) {
        EXPECT_THAT(ask(body).error().message, testing::EndsWith("the answer is no JSON")) << body;
    }
}

TEST_F(ClientTest, SendsRequestsOneAfterTheOtherOverOneConnection) {
    std::string first;
    std::string second;
    ScriptedServer server({[&](ScriptedPeer& peer) {
        first = peer.readRequest();
        peer.send(answerOf(200, "one"));
        second = peer.readRequest();
        peer.send(answerOf(201, "two"));
        peer.awaitClose();
    }});
    {
        auto client = clientOf(server);
        const auto one = client.request(kGet, soon());
        ASSERT_TRUE(one.ok()) << one.error().message;
        EXPECT_EQ(one.value().body, "one");
        const auto two = client.request(kPut, soon());
        ASSERT_TRUE(two.ok()) << two.error().message;
        EXPECT_EQ(two.value().status, 201);
        EXPECT_EQ(two.value().body, "two");
    }
    EXPECT_EQ(server.connections(), 1);
    EXPECT_THAT(first, HasSubstr("GET /x?a=b HTTP/1.1\r\n"));
    EXPECT_THAT(first, HasSubstr("Host: " + server.endpoint().authority() + "\r\n"));
    EXPECT_THAT(first, HasSubstr(std::string("User-Agent: leader-elector/") + kVersion));
    EXPECT_THAT(first, Not(HasSubstr("Authorization")));
    EXPECT_THAT(second, HasSubstr("PUT /x HTTP/1.1\r\n"));
    EXPECT_THAT(second, HasSubstr("\r\n\r\n{\"a\":1}"));
}

TEST_F(ClientTest, ReadsBodiesOfEveryFraming) {
    const std::string kHead = "HTTP/1.1 200 OK\r\n";
    EXPECT_EQ(answerTo(kHead + "Content-Length: 3\r\n\r\nabc").value().body, "abc");
    EXPECT_EQ(answerTo(kHead + "Content-Length: 0\r\n\r\n").value().body, "");
    EXPECT_EQ(answerTo(kHead + "\r\nuntil the end").value().body, "until the end");
    EXPECT_EQ(answerTo(kHead + "Transfer-Encoding: chunked\r\n\r\n"
                               "3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n")
                  .value()
                  .body,
              "abc0123456789");
    EXPECT_EQ(answerTo("HTTP/1.1 100 Continue\r\n\r\n" + answerOf(200, "x")).value().body, "x");
    EXPECT_EQ(answerTo("HTTP/1.1 204 No Content\r\n\r\n").value().body, "");
}

TEST_F(ClientTest, TellsATruncatedAnswerFromAWholeOne) {
    const std::string kHead = "HTTP/1.1 200 OK\r\n";
    for (const auto& text : {kHead + "Content-Length: 4\r\n\r\nabc",
                             kHead + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
                             kHead + "Transfer-Encoding: chunked\r\n\r\n3\r\nab",
                             kHead + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n", kHead,
                             std::string("HTTP/1.1 2"), std::string()}) {
        const auto answer = answerTo(text);
        ASSERT_FALSE(answer.ok()) << text;
        EXPECT_EQ(answer.error().kind, ErrorKind::Unreachable) << text;
        EXPECT_THAT(answer.error().message, HasSubstr("GET http://127.0.0.1:")) << text;
    }
}

TEST_F(ClientTest, RefusesAnAnswerThatIsNone) {
    const std::string kHead = "HTTP/1.1 200 OK\r\n";
    for (const auto& text :
         {std::string("SSH-2.0-OpenSSH\r\n\r\n"), kHead + "Content-Length: -5\r\n\r\n",
          kHead + "Content-Length: 5x\r\n\r\nabcde",
          kHead + "Content-Length: 99999999999999999999\r\n\r\n",
          kHead + "Transfer-Encoding: gzip\r\n\r\n",
          kHead + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
          kHead + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
          kHead + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
          kHead + "Content-Length: 4000000\r\n\r\n" + std::string(4'000'000, 'x'),
          kHead + "X: " + std::string(100'000, 'x') + "\r\n\r\n"}) {
        const auto answer = answerTo(text);
        ASSERT_FALSE(answer.ok()) << text.substr(0, 100);
        EXPECT_EQ(answer.error().kind, ErrorKind::Malformed) << text.substr(0, 100);
        EXPECT_LT(answer.error().message.size(), 400U);
    }
}

// RFC 2047's encoded words are no part of HTTP: "=?utf-8?q?3?=" is no 3.
TEST_F(ClientTest, TakesHeaderValuesAsTheyWereSent) {
    const std::string kHead = "HTTP/1.1 200 OK\r\n";
    for (const auto& text :
         {kHead + "Content-Length: =?utf-8?q?3?=\r\n\r\nabc",
          kHead + "Transfer-Encoding: =?utf-8?q?chunked?=\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
          kHead + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
          kHead + "Content-Length: 3\r\n folded: x\r\n\r\nabc"}) {
        const auto answer = answerTo(text);
        ASSERT_FALSE(answer.ok()) << text;
        EXPECT_EQ(answer.error().kind, ErrorKind::Malformed) << text;
    }
    EXPECT_EQ(answerTo(answerOf(429, "{}", "Retry-After: =?utf-8?q?7?=\r\n")).error().retryAfter,
              std::nullopt);
    EXPECT_THAT(answerTo(answerOf(302, "", "Location: =?utf-8?q?a?=\r\n")).error().message,
                HasSubstr("redirect (302) to \"=?utf-8?q?a?=\""));
}

TEST_F(ClientTest, FollowsNoRedirect) {
    const auto answer = answerTo(answerOf(302, "", "Location: https://evil/\r\n"));
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::Malformed);
    EXPECT_THAT(answer.error().message, HasSubstr("redirect (302) to \"https://evil/\""));
}

TEST_F(ClientTest, TakesAnyStatusOfThreeDigits) {
    EXPECT_EQ(answerTo(answerOf(614, "{}")).error().kind, ErrorKind::Server);
    EXPECT_EQ(answerTo(answerOf(614, "{}")).error().httpStatus, 614);
    for (const auto* status : {"20", "2000", "-20", "2x0", "+20", ""}) {
        const auto answer =
            answerTo(std::string("HTTP/1.1 ") + status + " OK\r\nContent-Length: 0\r\n\r\n");
        ASSERT_FALSE(answer.ok()) << status;
        EXPECT_EQ(answer.error().kind, ErrorKind::Malformed) << status;
    }
}

TEST_F(ClientTest, PassesOnRetryAfter) {
    EXPECT_EQ(answerTo(answerOf(429, "{}", "Retry-After: 7\r\n")).error().retryAfter, 7s);
    EXPECT_EQ(answerTo(answerOf(503, "{}", "Retry-After: soon\r\n")).error().retryAfter,
              std::nullopt);
    EXPECT_EQ(
        answerTo(answerOf(429, "{}", "Retry-After: 18446744073709551615\r\n")).error().retryAfter,
        3600s);
}

// Answers one request, and closes when the next one has arrived.
void closeOnSecondRequest(ScriptedPeer& peer) {
    peer.readRequest();
    peer.send(answerOf(200, "one"));
    peer.readRequest();
}

TEST_F(ClientTest, RepeatsAGetThatAKeptConnectionLost) {
    ScriptedServer server({closeOnSecondRequest, [](ScriptedPeer& peer) {
                               peer.readRequest();
                               peer.send(answerOf(200, "again"));
                           }});
    auto client = clientOf(server);
    ASSERT_TRUE(client.request(kGet, soon()).ok());
    const auto answer = client.request(kGet, soon());
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().body, "again");
}

TEST_F(ClientTest, NeverRepeatsAPutThatMayHaveLanded) {
    ScriptedServer server({closeOnSecondRequest, [](ScriptedPeer& peer) { peer.readRequest(); }});
    auto client = clientOf(server);
    ASSERT_TRUE(client.request(kGet, soon()).ok());
    const auto answer = client.request(kPut, soon());
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind, ErrorKind::Unreachable);
    EXPECT_EQ(server.connections(), 1);
}

TEST_F(ClientTest, SendsOnAFreshConnectionWhatAClosedOneCannotCarry) {
    std::atomic<bool> isClosed{false};
    ScriptedServer server({[&](ScriptedPeer& peer) {
                               peer.readRequest();
                               peer.send(answerOf(200, "one"));
                               shutdown(peer.descriptor(), SHUT_WR);
                               isClosed = true;
                               isClosed.notify_all();
                               peer.awaitClose();
                           },
                           [](ScriptedPeer& peer) {
                               peer.readRequest();
                               peer.send(answerOf(200, "two"));
                           }});
    auto client = clientOf(server);
    ASSERT_TRUE(client.request(kGet, soon()).ok());
    isClosed.wait(false);
    const auto answer = client.request(kPut, soon());
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer.value().body, "two");
}

TEST_F(ClientTest, TriesOnceMoreWithTheNewTokenAfterA401) {
    tokenFile_ = std::filesystem::path(folder_.path()) / "token";
    test::writeText(tokenFile_, "old");
    std::string repeated;
    ScriptedServer server({[&](ScriptedPeer& peer) {
        EXPECT_THAT(peer.readRequest(), HasSubstr("Authorization: Bearer old"));
        test::writeText(tokenFile_, "new");
        peer.send(answerOf(401, "{}"));
        repeated = peer.readRequest();
        peer.send(answerOf(200, "done"));
    }});
    auto client = clientOf(server);
    const auto answer = client.request(kPut, soon());
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_THAT(repeated, HasSubstr("Authorization: Bearer new"));
}

TEST_F(ClientTest, ReportsA401WhereThereIsNoOtherToken) {
    tokenFile_ = std::filesystem::path(folder_.path()) / "token";
    test::writeText(tokenFile_, "old");
    EXPECT_EQ(answerTo(answerOf(401, "{}")).error().kind, ErrorKind::Unauthorized);
}

TEST_F(ClientTest, UsesTheNewTokenForTheRequestAfterA403) {
    tokenFile_ = std::filesystem::path(folder_.path()) / "token";
    test::writeText(tokenFile_, "old");
    std::string next;
    ScriptedServer server({[&](ScriptedPeer& peer) {
        peer.readRequest();
        test::writeText(tokenFile_, "new");
        peer.send(answerOf(403, "{}"));
        next = peer.readRequest();
        peer.send(answerOf(200, ""));
    }});
    auto client = clientOf(server);
    EXPECT_EQ(client.request(kGet, soon()).error().kind, ErrorKind::Forbidden);
    EXPECT_TRUE(client.request(kGet, soon()).ok());
    EXPECT_THAT(next, HasSubstr("Authorization: Bearer new"));
}

TEST_F(ClientTest, NamesAClientCertificateThatHasEndedWhereItIsNotAccepted) {
    const test::CertificateAuthority authority;
    const auto ended = authority.issueClient({"me", {}, {}, {}}, -30s);
    const auto asking = [&authority](int mode) {
        return [&authority, mode](ScriptedPeer& peer) {
            const auto context =
                test::serverContext(authority.issueServer({"api", {}, {}, {"127.0.0.1"}}));
            SSL_CTX_set_verify(context.get(), mode, nullptr);
            test::TlsConnection connection(peer.release(), context.get(), {});
            if (connection.accept() && connection.read()) {
                connection.write(answerOf(401, "{}"));
                (void)connection.read();
            }
        };
    };
    ScriptedServer server(
        {asking(SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT), asking(SSL_VERIFY_NONE)});
    Access access;
    access.server = server.endpoint(true);
    access.origin = "a test";
    access.authorities = Source::text(authority.certificate());
    access.certificate = Source::text(ended.certificate);
    access.key = Source::text(ended.key);
    Client client(access, clock_);
    for (const char* refusal : {"GET https://127.0.0.1", "the API server answered 401"}) {
        const auto answer = client.request(kGet, soon());
        ASSERT_FALSE(answer.ok());
        EXPECT_THAT(answer.error().message,
                    testing::AllOf(HasSubstr(refusal),
                                   HasSubstr("(the client certificate of a test ended at ")));
    }
    // Where no connection comes about, that has other causes.
    {
        const ScriptedServer gone({});
        access.server = gone.endpoint(true);
    }
    const auto refused = Client(access, clock_).request(kGet, soon());
    ASSERT_FALSE(refused.ok());
    EXPECT_THAT(refused.error().message,
                testing::AllOf(HasSubstr("GET https://" + access.server.authority()),
                               HasSubstr("cannot connect: "), Not(HasSubstr("certificate"))));
}

TEST_F(ClientTest, EndsARequestAtItsDeadlineAndConnectsAnew) {
    ScriptedServer server({[](ScriptedPeer& peer) {
                               peer.readRequest();
                               peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf");
                               peer.awaitClose();
                           },
                           [](ScriptedPeer& peer) {
                               peer.readRequest();
                               peer.send(answerOf(200, "whole"));
                           }});
    auto client = clientOf(server);
    const auto late = client.request(kPut, {clock_.now() + 200ms, {}});
    ASSERT_FALSE(late.ok());
    EXPECT_EQ(late.error().kind, ErrorKind::TimedOut);
    const auto next = client.request(kPut, soon());
    ASSERT_TRUE(next.ok()) << next.error().message;
    EXPECT_EQ(next.value().body, "whole");
}

}  // namespace
}  // namespace elector::kubernetes
