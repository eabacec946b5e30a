#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using std::chrono_literals::operator""s;
using std::chrono_literals::operator""ms;

using Clients = std::vector<std::unique_ptr<TestClient>>;

// Sets how many descriptors this process may have, and sets it back.
class DescriptorLimit {
  public:
    explicit DescriptorLimit(rlim_t limit) {
        getrlimit(RLIMIT_NOFILE, &before_);
        rlimit wanted = before_;
        wanted.rlim_cur = std::min(limit, before_.rlim_max);
        setrlimit(RLIMIT_NOFILE, &wanted);
    }
    ~DescriptorLimit() { setrlimit(RLIMIT_NOFILE, &before_); }
    DescriptorLimit(const DescriptorLimit&) = delete;
    DescriptorLimit& operator=(const DescriptorLimit&) = delete;

  private:
    rlimit before_{};
};

class ServerLimitsTest : public ServerFixture {
  protected:
    Clients connect(std::size_t count) {
        Clients clients;
        while (clients.size() < count) {
            clients.push_back(std::make_unique<TestClient>(port()));
        }
        EXPECT_TRUE(eventually([&] { return server->stats().connections >= count; }));
        return clients;
    }
};

TEST_F(ServerLimitsTest, AnswersWhile512OthersIdleOrDrip) {
    const DescriptorLimit room(4096);
    start();
    Clients others = connect(512);
    TestClient client(port());
    const std::string_view drip = "GET /hello HTTP/1.1\r\nHost: ";
    for (const char byte : drip) {
        for (std::size_t i = 0; i < others.size(); i += 2) {
            ASSERT_EQ(others[i]->sendWhatFits({&byte, 1}), 1U);
        }
        // Answered while all others stay as they are.
        ASSERT_THAT(client.get("/hello"), EndsWith("hello\n"));
        ASSERT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n"));
    }
    EXPECT_EQ(server->stats().displaced, 0U);
    EXPECT_EQ(server->stats().expired, 0U);
    for (const auto& other : others) {
        other->send(other == others.front() ? "x\r\n\r\n" : "");
    }
    EXPECT_THAT(others.front()->rest(), StartsWith("HTTP/1.1 421 ")) << "it was heard all along";
}

TEST_F(ServerLimitsTest, DisplacesTheLeastUsedWhereTheQuotaIsFull) {
    options.limits.loopbackConnections = 8;
    start();
    Clients clients = connect(8);
    ASSERT_THAT(clients[0]->get("/hello"), EndsWith("hello\n"));
    TestClient newcomer(port());
    EXPECT_THAT(newcomer.get("/hello"), EndsWith("hello\n"));
    EXPECT_EQ(clients[1]->rest(), "");
    EXPECT_THAT(clients[0]->get("/hello"), EndsWith("hello\n"));
    EXPECT_EQ(server->stats().displaced, 1U);
    EXPECT_EQ(server->stats().open, 8U);
}

TEST_F(ServerLimitsTest, LetsHalfOfAQuotaWaitForLaterAnswers) {
    options.limits.loopbackConnections = 2;
    std::atomic<int> waiters = 0;
    std::vector<Responder> kept;
    router.answer("GET", "/later", [&](const Request&) -> Later {
        return [&](const Responder& responder) {
            kept.push_back(responder);
            ++waiters;
        };
    });
    start();
    TestClient waiter(port());
    waiter.send("GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(eventually([&] { return waiters == 1; }));
    TestClient client(port());
    const std::string answer = client.get("/later");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: 1\r\n"));
    EXPECT_EQ(waiters, 1);
    EXPECT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n")) << "there is room still";
    EXPECT_EQ(client.rest(), "") << "made by closing whoever does not wait";
    server->post([&] { kept.front().respond(Response::text(200, "at last\n")); });
    EXPECT_THAT(waiter.answer(), EndsWith("at last\n"));
    server.reset();
}

TEST_F(ServerLimitsTest, ClosesWhoSaysNothing) {
    start();
    TestClient client(port());
    ASSERT_TRUE(eventually([this] { return server->stats().open == 1U; }));
    pass(options.limits.head - 1ms);
    EXPECT_EQ(server->stats().open, 1U);
    pass(1ms);
    EXPECT_EQ(client.rest(), "");
    EXPECT_EQ(server->stats().expired, 1U);
}

TEST_F(ServerLimitsTest, EndsAHeadThatTakesTooLongHoweverItDrips) {
    start();
    TestClient client(port());
    ASSERT_THAT(client.get("/hello"), EndsWith("hello\n"));
    pass(options.limits.idle - 1s);
    client.send("G");
    for (int i = 0; i < 9; ++i) {
        pass(1s);
        client.send("E");
    }
    EXPECT_EQ(server->stats().open, 1U);
    pass(2s);
    const std::string answer = client.rest();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
}

TEST_F(ServerLimitsTest, EndsABodyThatTakesTooLong) {
    options.limits.bodyBytes = 100;
    start();
    TestClient client(port());
    client.send(
        "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n"
        "Expect: 100-continue\r\n\r\n");
    EXPECT_THAT(client.headOnly(), StartsWith("HTTP/1.1 100 "));
    client.send("a");
    pass(options.limits.body);
    EXPECT_THAT(client.rest(), StartsWith("HTTP/1.1 408 "));
}

TEST_F(ServerLimitsTest, ClosesWhoIdlesBetweenRequests) {
    start();
    TestClient client(port());
    ASSERT_THAT(client.get("/hello"), EndsWith("hello\n"));
    pass(options.limits.idle - 1ms);
    ASSERT_THAT(client.get("/hello"), EndsWith("hello\n"));
    pass(options.limits.idle - 1ms);
    EXPECT_EQ(server->stats().open, 1U);
    pass(1ms);
    EXPECT_EQ(client.rest(), "");
}

TEST_F(ServerLimitsTest, EndsWhoNeverReads) {
    // More than the kernel's buffers on both sides take.
    options.limits.memoryBytes = std::size_t{256} << 20U;
    router.answer("GET", "/large", [](const Request&) {
        return Response::text(200, std::string(std::size_t{64} << 20U, 'x'));
    });
    start();
    TestClient client(port());
    client.send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    ASSERT_TRUE(eventually([this] { return server->stats().requests == 1U; }));
    EXPECT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n")) << "others are answered";
    pass(options.limits.writeStall - 1ms);
    EXPECT_EQ(server->stats().expired, 0U);
    // The kernel may have taken a little more meanwhile, which counts as reading.
    EXPECT_TRUE(eventually([this] {
        pass(options.limits.writeStall);
        return server->stats().expired == 1U;
    }));
    EXPECT_LT(client.rest().size(), std::size_t{64} << 20U);
}

TEST_F(ServerLimitsTest, HandlesNoMoreThanItsClientReads) {
    // More than both kernels take. They pass it on a buffer at a time, and wait for each.
    constexpr std::size_t kAnswer = 500000;
    router.answer("GET", "/large",
                  [](const Request&) { return Response::text(200, std::string(kAnswer, 'x')); });
    start();
    TestClient client(port(), "127.0.0.1", "127.0.0.1", 65536);
    // Few: where the client's buffer is full, its kernel drops what comes, and the server's sends
    // it again after ever longer pauses.
    constexpr int kRequests = 3;
    std::string requests;
    for (int i = 0; i < kRequests; ++i) {
        requests += "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }
    client.send(requests);
    ASSERT_TRUE(eventually([this] { return server->stats().requests > 0U; }));
    server->barrier().wait();
    EXPECT_EQ(server->stats().requests, 1U) << "its answer has not been taken";
    for (int i = 0; i < kRequests; ++i) {
        ASSERT_THAT(client.answer(), EndsWith("xxx"));
    }
}

TEST_F(ServerLimitsTest, ShedsWhoTakesTheMostMemoryAndNobodyElse) {
    constexpr std::size_t kAnswer = 100000;
    options.limits.memoryBytes = std::size_t{1} << 20U;
    router.answer("GET", "/large",
                  [](const Request&) { return Response::text(200, std::string(kAnswer, 'x')); });
    start();
    TestClient modest(port());
    ASSERT_THAT(modest.get("/hello"), EndsWith("hello\n"));
    Clients greedy;
    constexpr std::uint64_t kGreedy = 40;
    for (std::uint64_t i = 0; i < kGreedy; ++i) {
        greedy.push_back(std::make_unique<TestClient>(port(), "127.0.0.1", "127.0.0.2", 4096));
        greedy.back()->send("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    ASSERT_TRUE(eventually([this] { return server->stats().requests == kGreedy + 1; }));
    server->barrier().wait();
    EXPECT_GE(server->stats().shed, kGreedy - (options.limits.memoryBytes / kAnswer));
    EXPECT_LT(server->stats().shed, kGreedy) << "some have room";
    EXPECT_THAT(modest.get("/hello"), EndsWith("hello\n"));
}

// What the kernel holds for a connection that the server is done with would count nowhere.
TEST_F(ServerLimitsTest, LeavesNothingInTheKernelForWhoDoesNotRead) {
    // More than the client's kernel takes, less than the server's.
    constexpr std::size_t kAnswer = 20000;
    router.answer("GET", "/answer",
                  [](const Request&) { return Response::text(200, std::string(kAnswer, 'x')); });
    start();
    TestClient client(port(), "127.0.0.1", "", 4096);
    client.send("GET /answer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    ASSERT_TRUE(eventually([this] { return server->stats().requests == 1U; }));
    server->barrier().wait();
    EXPECT_EQ(server->stats().open, 1U) << "it counts in the quotas";
    pass(options.limits.linger);
    EXPECT_EQ(server->stats().open, 0U);
    EXPECT_LT(client.rest().size(), kAnswer);
}

TEST_F(ServerLimitsTest, ClosesAtOnceWhoTookItAll) {
    start();
    TestClient client(port());
    client.send("GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_THAT(client.rest(), EndsWith("hello\n"));
    client.endWriting();
    EXPECT_TRUE(eventually([this] { return server->stats().open == 0U; }));
}

// One who sends costly requests in a row delays others by one of them.
TEST_F(ServerLimitsTest, EndsATurnByTheClockAndGoesOnWithTheNextAddress) {
    std::vector<std::string> served;
    router.answer("GET", "/costly", [&](const Request& request) {
        served.push_back(request.remote.text());
        clock.advance(5ms);
        return Response::text(200, "done\n");
    });
    start();
    const std::string request = "GET /costly HTTP/1.1\r\nHost: localhost\r\n\r\n";
    Hold hold(*server);
    TestClient greedy(port(), "127.0.0.1", "127.0.0.2");
    TestClient modest(port(), "127.0.0.1", "127.0.0.3");
    std::string requests;
    for (int i = 0; i < 12; ++i) {
        requests += request;
    }
    greedy.send(requests);
    modest.send(request);
    hold.release();
    EXPECT_THAT(modest.answer(), EndsWith("done\n"));
    for (int i = 0; i < 12; ++i) {
        ASSERT_THAT(greedy.answer(), EndsWith("done\n"));
    }
    ASSERT_EQ(served.size(), 13U);
    EXPECT_THAT(std::vector(served.begin(), served.begin() + 3), testing::Contains("127.0.0.3"));
}

// Of whom there are more than places, and who come faster than they can be served.
TEST_F(ServerLimitsTest, HearsNewcomersBeforeOthersTakeTheirPlaces) {
    const DescriptorLimit room(4096);
    options.limits.loopbackConnections = 128;
    router.answer("GET", "/costly", [&](const Request&) {
        clock.advance(5ms);
        return Response::text(200, "done\n");
    });
    start();
    Hold hold(*server);
    Clients clients;
    for (int i = 0; i < 400; ++i) {
        clients.push_back(std::make_unique<TestClient>(port()));
        clients.back()->send("GET /costly HTTP/1.1\r\nHost: localhost\r\n\r\n");
    }
    hold.release();
    for (const auto& client : clients) {
        ASSERT_THAT(client->answer(), EndsWith("done\n"));
    }
    EXPECT_GT(server->stats().displaced, 0U);
}

TEST_F(ServerLimitsTest, TellsForHowLongItsLoopHasBeenBusy) {
    start();
    Hold hold(*server);
    clock.advance(3s);
    EXPECT_EQ(server->busyFor(), 3s);
    hold.release();
    EXPECT_TRUE(eventually([this] { return server->busyFor() == 0s; }));
}

TEST_F(ServerLimitsTest, DoesNotLingerForEver) {
    start();
    TestClient client(port());
    client.send("rubbish\r\n\r\n");
    EXPECT_THAT(client.until("malformed.\n"), StartsWith("HTTP/1.1 400 "));
    client.send("and on, and on");
    EXPECT_EQ(server->stats().open, 1U);
    pass(options.limits.linger);
    EXPECT_EQ(server->stats().open, 0U);
}

TEST_F(ServerLimitsTest, DoesNotSpinWhereDescriptorsRunOut) {
    start();
    TestClient first(port());
    ASSERT_THAT(first.get("/hello"), EndsWith("hello\n"));
    {
        // Both ends of each connection are of this process. While the server is kept busy, clients
        // connect until all descriptors are theirs: then it has none to accept them with.
        const DescriptorLimit few(static_cast<rlim_t>(first.descriptor()) + 8);
        Hold hold(*server);
        Clients clients;
        try {
            for (;;) {
                clients.push_back(std::make_unique<TestClient>(port()));
            }
        } catch (const std::runtime_error&) {
            EXPECT_FALSE(clients.empty());
        }
        hold.release();
        ASSERT_TRUE(eventually([this] { return server->stats().displaced > 0U; }));
        EXPECT_EQ(first.rest(), "") << "the least used made room";
    }
    EXPECT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n"));
}

}  // namespace
}  // namespace elector::http
