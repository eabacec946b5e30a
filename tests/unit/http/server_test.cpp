#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kHello = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

using ServerTest = ServerFixture;

TEST_F(ServerTest, AnswersOneRequestAfterTheOtherOnOneConnection) {
    start();
    TestClient client(port());
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(client.get("/hello"),
                  "HTTP/1.1 200 OK\r\nDate: Fri, 02 Jan 2026 03:04:05 GMT\r\n"
                  "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
                  "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 6\r\n\r\nhello\n");
    }
    EXPECT_EQ(server->stats().connections, 1U);
    EXPECT_EQ(server->stats().requests, 3U);
}

TEST_F(ServerTest, ServesTheSameAtAllItsAddresses) {
    // Ports that were free just now.
    std::vector<std::uint16_t> ports;
    {
        start();
        ports.push_back(port());
        const std::unique_ptr<Server> first = std::move(server);
        start();
        ports.push_back(port());
        server.reset();
    }
    options.port = ports[0];
    options.others = {{"127.0.0.1", ports[1]}};
    start();
    for (const std::uint16_t at : ports) {
        EXPECT_THAT(TestClient(at).get("/hello"), StartsWith("HTTP/1.1 200 ")) << at;
    }
    options.port = 0;
    EXPECT_THROW(Server(options, router, clock, log), std::runtime_error) << "one is in use";
}

TEST_F(ServerTest, AnswersARequestThatComesByteByByte) {
    start();
    TestClient client(port());
    for (const char* byte = kHello; *byte != '\0'; ++byte) {
        client.send(std::string_view(byte, 1));
    }
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrder) {
    options.limits.bodyBytes = 100;
    start();
    TestClient client(port());
    std::string requests;
    for (int i = 0; i < 200; ++i) {
        const std::string body = std::to_string(i);
        requests += "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    client.send(requests);
    for (int i = 0; i < 200; ++i) {
        ASSERT_THAT(client.answer(), EndsWith("\r\n\r\n" + std::to_string(i)));
    }
}

// The head that was read last is known by its bytes: neither half of it nor another is taken for
// it.
TEST_F(ServerTest, KnowsARequestInTheSameWordsAndNoOther) {
    options.limits.bodyBytes = 100;
    start();
    const std::string echo = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: ";
    TestClient other(port());
    for (int i = 0; i < 3; ++i) {
        TestClient client(port());
        client.send(echo + "3\r\n\r\nabc");
        EXPECT_THAT(client.answer(), EndsWith("\r\n\r\nabc"));
        other.send(echo + "3\r\n\r\nx");
        other.send("yz" + echo + "3");
        other.send("\r\n\r\n123" + echo + "2\r\n\r\n45");
        EXPECT_THAT(other.answer(), EndsWith("\r\n\r\nxyz"));
        EXPECT_THAT(other.answer(), EndsWith("\r\n\r\n123"));
        EXPECT_THAT(other.answer(), EndsWith("\r\n\r\n45"));
        client.send(echo + "3\r\nConnection: close\r\n\r\nabc");
        EXPECT_THAT(client.rest(), HasSubstr("\r\nConnection: close\r\n"));
    }
}

TEST_F(ServerTest, AnswersHeadWithTheHeadAlone) {
    start();
    TestClient client(port());
    client.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_THAT(client.headOnly(), HasSubstr("\r\nContent-Length: 6\r\n"));
    EXPECT_THAT(client.get("/hello"), StartsWith("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, AnswersAnOldClientAndCloses) {
    start();
    TestClient client(port());
    client.send("GET /hello HTTP/1.0\r\n\r\n");
    const std::string answer = client.rest();
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("hello\n"));
}

TEST_F(ServerTest, AnswersWhoHasClosedHisOwnSide) {
    start();
    TestClient client(port());
    client.send(std::string(kHello) + kHello);
    client.endWriting();
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
    EXPECT_THAT(client.rest(), EndsWith("hello\n"));
}

// Also where a turn ends with the last of the requests, by their number or by the clock. Whether
// the server reads the end together with the requests is a matter of chance: hence many.
TEST_F(ServerTest, ClosesAfterTheLastOfManyAnswersToWhoHasClosedHisOwnSide) {
    start();
    for (const int requests : {16, 32, 33, 48}) {
        std::string bytes;
        for (int i = 0; i < requests; ++i) {
            bytes += kHello;
        }
        for (int i = 0; i < 100; ++i) {
            TestClient client(port());
            client.send(bytes);
            client.endWriting();
            ASSERT_THAT(client.rest(), EndsWith("hello\n")) << requests << " requests";
        }
    }
}

TEST_F(ServerTest, ClosesWithoutAWordWhereAHeadBreaksOff) {
    start();
    TestClient client(port());
    client.send("GET /hel");
    client.endWriting();
    EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerTest, IgnoresAnEmptyLineBeforeARequest) {
    start();
    TestClient client(port());
    client.send("\r");
    client.send("\n" + std::string(kHello) + "\r\n" + kHello);
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
}

TEST_F(ServerTest, AnswersAHandlersExceptionWith500) {
    start();
    TestClient client(port());
    const std::string answer = client.get("/throws");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("no luck"))) << "what went wrong is for the log";
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    EXPECT_EQ(server->stats().failures, 1U);
}

TEST_F(ServerTest, ReadsABodyUpToItsLimit) {
    options.limits.bodyBytes = 1000000;
    start();
    TestClient client(port());
    const std::string body(1000000, 'x');
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n" + body);
    EXPECT_THAT(client.answer(), EndsWith("\r\n\r\n" + body));
    client.send("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000001\r\n\r\n" + body);
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AsksForABodyThatWaitsToBeAskedFor) {
    options.limits.bodyBytes = 10;
    start();
    TestClient client(port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.headOnly(), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("abc");
    EXPECT_THAT(client.answer(), EndsWith("\r\n\r\nabc"));
    client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, ClosesAfterABodyThatNobodyReads) {
    options.limits.bodyBytes = 100;
    start();
    TestClient client(port());
    client.send("POST /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n" +
                std::string(kHello));
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 "));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, Not(HasSubstr("200 OK"))) << "a body was taken for a request";
}

// Bodies that no server takes at once: two of 100,000 bytes where there is room for one and a half.
class ServerOfLargeBodiesTest : public ServerFixture {
  protected:
    void SetUp() override {
        options.limits.bodyBytes = 100000;
        options.limits.bufferedBytes = 150000;
        start();
        first = std::make_unique<TestClient>(port());
        second = std::make_unique<TestClient>(port());
        first->send(kHead + std::string(99999, 'x'));
        second->send(kHead + std::string(99999, 'y'));
        ASSERT_TRUE(eventually([this] { return server->stats().held == 1U; }));
    }

    const std::string kHead =
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        "Content-Length: 100000\r\n\r\n";
    std::unique_ptr<TestClient> first;
    std::unique_ptr<TestClient> second;
};

TEST_F(ServerOfLargeBodiesTest, ReceivesThemOneAfterTheOther) {
    // Which of them came first is not known: each is sent its end, and each is answered.
    first->send("x");
    second->send("y");
    EXPECT_THAT(first->rest(), EndsWith(std::string(100000, 'x')));
    EXPECT_THAT(second->rest(), EndsWith(std::string(100000, 'y')));
    EXPECT_EQ(server->stats().refusals, 0U);
}

TEST_F(ServerOfLargeBodiesTest, GoesOnWhenOneOfThemLeaves) {
    TestClient third(port());
    third.send(kHead + std::string(100000, 'z'));
    ASSERT_TRUE(eventually([this] { return server->stats().held == 2U; }));
    first.reset();
    second.reset();
    EXPECT_THAT(third.rest(), EndsWith(std::string(100000, 'z')));
}

TEST_F(ServerOfLargeBodiesTest, KeepsNobodyElseWaitingForOneWhoLeavesThemUnfinished) {
    TestClient other(port(), "127.0.0.1", "127.0.0.2");
    other.send(kHead + std::string(100000, 'z'));
    EXPECT_THAT(other.rest(), EndsWith(std::string(100000, 'z')));
    EXPECT_EQ(server->stats().held, 1U);
}

TEST_F(ServerOfLargeBodiesTest, RefusesABodyOfWhoeverHoldsTheMostWhenManyHoldSome) {
    // There is room for 350,000 bytes. The first address has more than 150,000, so that three more
    // with 70,000 each are too many until one of its two bodies is given up.
    std::vector<std::unique_ptr<TestClient>> others;
    for (const char* from : {"127.0.0.2", "127.0.0.3", "127.0.0.4"}) {
        others.push_back(std::make_unique<TestClient>(port(), "127.0.0.1", from));
        others.back()->send(kHead + std::string(70000, 'z'));
    }
    ASSERT_TRUE(eventually([this] { return server->stats().refusals == 1U; }));
    for (const auto& other : others) {
        other->send(std::string(30000, 'z'));
        EXPECT_THAT(other->rest(), EndsWith(std::string(100000, 'z')));
    }
    first->send("x");
    second->send("y");
    const std::string answers = first->rest() + second->rest();
    EXPECT_THAT(answers, HasSubstr("HTTP/1.1 200 "));
    EXPECT_THAT(answers, HasSubstr("HTTP/1.1 503 "));
}

struct Refused {
    std::string request;
    int status;
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.status;
}

class RefusedRequestTest : public ServerFixture, public testing::WithParamInterface<Refused> {};

// Whatever follows, a proper request included, is not answered.
TEST_P(RefusedRequestTest, GetsItsStatusAndIsClosed) {
    start();
    TestClient client(port());
    client.send(GetParam().request + kHello);
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(GetParam().status) + " "));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: "));
    EXPECT_THAT(answer, Not(HasSubstr("200 OK")));
    EXPECT_EQ(server->stats().refusals, 1U);
    EXPECT_EQ(server->stats().requests, 0U);
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedRequestTest,
    testing::Values(
        Refused{"rubbish\r\n\r\n", 400}, Refused{"\x16\x03\x01\x02", 400},
        Refused{std::string("GET /hello\0 HTTP/1.1\r\n\r\n", 24), 400},
        Refused{"GET /hello HTTP/1.1\nHost: localhost\n\n", 400},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nA: b\n\r\n", 400},
        Refused{"GET /hello HTTP/1.1\r\n\r\n", 400},
        Refused{"GET http://localhost/hello HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
        Refused{"GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
        Refused{"GET /hello HTTP/1.1\r\nHost: lo cal\r\n\r\n", 400},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\n", 413},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n",
                411},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
        Refused{"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
        Refused{"GET /hello HTTP/1.1\r\nHost: localhost\r\nA: " + std::string(8192, 'a'), 431},
        Refused{std::string(100000, 'a'), 431}));

TEST_F(ServerTest, TakesAHeadOfExactlyTheLimit) {
    start();
    TestClient client(port());
    std::string head = "GET /hello HTTP/1.1\r\nHost: localhost\r\nA: ";
    head += std::string(options.limits.headBytes - head.size() - 4, 'a') + "\r\n\r\n";
    client.send(head);
    EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 200 "));
    client.send("GET /hello HTTP/1.1\r\nB: b" + head.substr(head.find("\r\n")));
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 431 "));
}

TEST_F(ServerTest, ListensOnBothLoopbacksUnderTheirName) {
    options.host = "localhost";
    start();
    EXPECT_THAT(TestClient(port(), "127.0.0.1").get("/hello"), EndsWith("hello\n"));
    EXPECT_THAT(TestClient(port(), "::1").get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerTest, ListensEverywhereOnBothFamilies) {
    options.host = "";
    start();
    EXPECT_THAT(TestClient(port(), "127.0.0.1").get("/hello"), EndsWith("hello\n"));
    EXPECT_THAT(TestClient(port(), "::1").get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerTest, SaysThatThePortIsInUse) {
    start();
    for (const char* host : {"127.0.0.1", "localhost", ""}) {
        ServerOptions same;
        same.host = host;
        same.port = port();
        try {
            const Server second(same, router, clock, log);
            ADD_FAILURE() << "listens twice on " << host;
        } catch (const std::runtime_error& error) {
            EXPECT_EQ(std::string(error.what()),
                      "cannot listen on " + same.host + ":" + std::to_string(same.port) +
                          ": the port is in use; stop the process that listens there or choose "
                          "another port");
        }
    }
}

TEST_F(ServerTest, SaysThatTheAddressIsNotOfThisMachine) {
    options.host = "192.0.2.1";
    try {
        start();
        ADD_FAILURE() << "listens on a foreign address";
    } catch (const std::runtime_error& error) {
        EXPECT_STREQ(error.what(),
                     "cannot listen on 192.0.2.1:0: this machine has no such address; choose one "
                     "of its own");
    }
}

TEST_F(ServerTest, ARetiringServerServesOnAndEndsEachConnectionWithItsNextAnswer) {
    start();
    TestClient keptOpen(port());
    EXPECT_THAT(keptOpen.get("/hello"), Not(HasSubstr("Connection: close")));
    server->retire();
    server->barrier().wait();
    EXPECT_THAT(keptOpen.get("/hello"), AllOf(HasSubstr("Connection: close"), EndsWith("hello\n")));
    EXPECT_EQ(keptOpen.rest(), "");
    TestClient newcomer(port());
    EXPECT_THAT(newcomer.get("/hello"), AllOf(HasSubstr("Connection: close"), EndsWith("hello\n")));
    EXPECT_EQ(newcomer.rest(), "");
}

TEST_F(ServerTest, StopsWithIdleAndHalfHeardClientsAtOnce) {
    start();
    TestClient idle(port());
    EXPECT_THAT(idle.get("/hello"), EndsWith("hello\n"));
    TestClient halfHeard(port());
    halfHeard.send("GET /hel");
    ASSERT_TRUE(eventually([this] { return server->stats().open == 2U; }));
    server->stop();
    EXPECT_EQ(idle.rest(), "");
    EXPECT_EQ(halfHeard.rest(), "");
    EXPECT_THROW(TestClient(port()).get("/hello"), std::runtime_error);
}

}  // namespace
}  // namespace elector::http
