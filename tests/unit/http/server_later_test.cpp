#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <deque>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kLater = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n";
const Response kEvents{200, "text/event-stream", ""};

// What a stream is to send, given by the test.
class Pieces {
  public:
    void add(const std::string& piece) {
        const std::lock_guard lock(mutex_);
        pieces_.push_back(piece);
    }
    Source source() {
        return [this] {
            const std::lock_guard lock(mutex_);
            if (pieces_.empty()) {
                return std::string();
            }
            const std::string first = pieces_.front();
            pieces_.pop_front();
            return first;
        };
    }

  private:
    std::mutex mutex_;
    std::deque<std::string> pieces_;
};

class ServerLaterTest : public ServerFixture {
  protected:
    ServerLaterTest() {
        router.answer("GET", "/later", [this](const Request&) -> Later {
            return [this](Responder responder) {
                const std::lock_guard lock(mutex_);
                responder_ = std::move(responder);
            };
        });
    }
    ~ServerLaterTest() override { server.reset(); }

    // The responder of the request that was sent last.
    Responder responder() {
        EXPECT_TRUE(eventually([this] {
            const std::lock_guard lock(mutex_);
            return responder_.has_value();
        }));
        const std::lock_guard lock(mutex_);
        Responder result = *responder_;
        responder_.reset();
        return result;
    }
    static bool eventuallyClosed(const Responder& responder) {
        return eventually([&] { return !responder.isOpen(); });
    }

    bool canConnect() {
        try {
            const TestClient client(port());
            return true;
        } catch (const std::runtime_error&) {
            return false;
        }
    }

    Pieces pieces_;

  private:
    std::mutex mutex_;
    std::optional<Responder> responder_;
};

TEST_F(ServerLaterTest, AnswersLaterAndKeepsTheOrder) {
    start();
    TestClient client(port());
    client.send(std::string(kLater) + "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Responder handle = responder();
    EXPECT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n")) << "nobody waits for it";
    EXPECT_TRUE(handle.respond(Response::text(200, "at last\n")));
    EXPECT_THAT(client.answer(), EndsWith("at last\n"));
    EXPECT_THAT(client.answer(), EndsWith("hello\n"));
    EXPECT_FALSE(handle.isOpen());
    EXPECT_FALSE(handle.respond(Response::text(200, "again\n")));
}

TEST_F(ServerLaterTest, AnswersWhoHasClosedHisOwnSide) {
    start();
    TestClient client(port());
    client.send(kLater);
    client.endWriting();
    responder().respond(Response::text(200, "at last\n"));
    EXPECT_THAT(client.rest(), EndsWith("at last\n"));
}

TEST_F(ServerLaterTest, AnswersForgottenRequestsWith500) {
    start();
    TestClient client(port());
    client.send(kLater);
    responder();  // and dropped
    EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 500 "));
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    EXPECT_EQ(server->stats().failures, 1U);
}

TEST_F(ServerLaterTest, AnswersAHandlersExceptionWith500) {
    router.answer("GET", "/throws", [](const Request&) -> Later {
        return [](const Responder&) { throw std::runtime_error("no luck"); };
    });
    start();
    EXPECT_THAT(TestClient(port()).get("/throws"), StartsWith("HTTP/1.1 500 "));
}

TEST_F(ServerLaterTest, DoesNotWaitForEver) {
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    pass(options.limits.later);
    EXPECT_THAT(client.answer(), StartsWith("HTTP/1.1 503 "));
    EXPECT_FALSE(handle.respond(Response::text(200, "too late")));
}

TEST_F(ServerLaterTest, StreamsInChunks) {
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    pieces_.add("retry: 1\n\n");
    ASSERT_TRUE(handle.stream(kEvents, pieces_.source()));
    EXPECT_THAT(client.headOnly(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_EQ(client.until("\n\n\r\n"), "a\r\nretry: 1\n\n\r\n");
    pieces_.add("data: web-0\n\n");
    ASSERT_TRUE(handle.more());
    EXPECT_EQ(client.until("\n\n\r\n"), "d\r\ndata: web-0\n\n\r\n");
    ASSERT_TRUE(handle.more()) << "although there is nothing";
    ASSERT_TRUE(handle.finish());
    EXPECT_EQ(client.until("\r\n\r\n"), "0\r\n\r\n");
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    EXPECT_FALSE(handle.more());
}

TEST_F(ServerLaterTest, StreamsToAnOldClientUntilTheEnd) {
    start();
    TestClient client(port());
    client.send("GET /later HTTP/1.0\r\n\r\n");
    const Responder handle = responder();
    handle.stream(kEvents, pieces_.source());
    pieces_.add("data: web-0\n\n");
    handle.finish();
    const std::string answer = client.rest();
    EXPECT_THAT(answer, Not(HasSubstr("chunked")));
    EXPECT_THAT(answer, EndsWith("\r\n\r\ndata: web-0\n\n"));
}

TEST_F(ServerLaterTest, StreamsNothingToHead) {
    start();
    TestClient client(port());
    client.send("HEAD /later HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Responder handle = responder();
    handle.stream(kEvents, pieces_.source());
    EXPECT_THAT(client.headOnly(), HasSubstr("text/event-stream"));
    EXPECT_TRUE(eventuallyClosed(handle));
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerLaterTest, BreaksOffAForgottenStream) {
    start();
    TestClient client(port());
    client.send(kLater);
    responder().stream(kEvents, pieces_.source());
    EXPECT_THAT(client.rest(), EndsWith("\r\n\r\n")) << "without the chunk that ends a stream";
}

TEST_F(ServerLaterTest, NoticesThatAStreamsClientLeft) {
    start();
    std::optional<TestClient> client(port());
    client->send(kLater);
    const Responder handle = responder();
    handle.stream(kEvents, pieces_.source());
    client->headOnly();
    client.reset();
    EXPECT_TRUE(eventuallyClosed(handle));
    EXPECT_FALSE(handle.more());
}

// Of a state that changes faster than its reader reads, some are missed, never the last; and the
// server keeps one piece for him at most.
TEST_F(ServerLaterTest, AReaderThatLagsBehindMissesPiecesButNotTheLast) {
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    std::atomic<int> state = 0;
    std::atomic<int> given = 0;
    handle.stream(kEvents, [&] {
        if (given == state) {
            return std::string();
        }
        given = state.load();
        return std::to_string(given) + std::string(5000, 'x') + ';';
    });
    client.headOnly();
    constexpr int kChanges = 5000;
    while (state < kChanges) {
        ++state;
        handle.more();
        server->barrier().wait();
    }
    EXPECT_LT(given, kChanges) << "it is asked when the reader takes something";
    EXPECT_THAT(client.until(std::to_string(kChanges) + std::string(5000, 'x') + ";"),
                HasSubstr("1xxx"));
    server.reset();
}

TEST_F(ServerLaterTest, CutsOffAReaderThatTakesNothing) {
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    handle.stream(kEvents, [] { return std::string(5000, 'x'); });
    EXPECT_TRUE(eventually([&] {
        pass(options.limits.writeStall);
        return !handle.isOpen();
    }));
    EXPECT_TRUE(eventually([this] { return server->stats().open == 0U; }));
}

TEST_F(ServerLaterTest, RunsFunctionsWhenTheyAreDue) {
    start();
    std::atomic<int> ran = 0;
    const runtime::Instant now = clock.now();
    server->postAt(now + 2s, [&] { ran = ran * 10 + 2; });
    server->postAt(now + 1s, [&] { ran = ran * 10 + 1; });
    server->barrier().wait();
    EXPECT_EQ(ran, 0);
    pass(1s);
    EXPECT_TRUE(eventually([&] { return ran == 1; }));
    pass(1s);
    EXPECT_TRUE(eventually([&] { return ran == 12; }));
    server->postAt(now, [&] { ran = 0; });
    EXPECT_TRUE(eventually([&] { return ran == 0; })) << "it is due already";
    server.reset();
}

TEST_F(ServerLaterTest, RunsPostedFunctionsInTheLoop) {
    start();
    std::promise<std::thread::id> where;
    ASSERT_TRUE(server->post([&] { where.set_value(std::this_thread::get_id()); }));
    EXPECT_NE(where.get_future().get(), std::this_thread::get_id());
    server->post([] { throw std::runtime_error("no luck"); });
    EXPECT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n")) << "the loop goes on";
}

TEST_F(ServerLaterTest, PassesTheBarrierOnlyAfterTheHandlerThatRuns) {
    std::promise<void> entered;
    std::promise<void> leave;
    std::atomic<bool> left = false;
    router.answer("GET", "/slow", [&](const Request&) {
        entered.set_value();
        leave.get_future().wait();
        left = true;
        return Response();
    });
    start();
    TestClient client(port());
    client.send("GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n");
    entered.get_future().wait();
    const std::future<void> barrier = server->barrier();
    EXPECT_EQ(barrier.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
    leave.set_value();
    barrier.wait();
    EXPECT_TRUE(left);
}

TEST_F(ServerLaterTest, FinishesWhatIsUnderWayWhenItStops) {
    start();
    TestClient waiting(port());
    waiting.send(kLater);
    const Responder answerHandle = responder();
    TestClient streaming(port());
    streaming.send(kLater);
    const Responder streamHandle = responder();
    streamHandle.stream(kEvents, pieces_.source());
    streaming.headOnly();
    pieces_.add("bye");
    const std::future<void> stopped = std::async(std::launch::async, [this] { server->stop(); });
    EXPECT_EQ(streaming.rest(), "3\r\nbye\r\n0\r\n\r\n") << "asked once more";
    EXPECT_TRUE(answerHandle.respond(Response::text(200, "at last\n")));
    const std::string answer = waiting.rest();
    EXPECT_THAT(answer, HasSubstr("\r\nConnection: close\r\n"));
    EXPECT_THAT(answer, EndsWith("at last\n"));
    stopped.wait();
}

TEST_F(ServerLaterTest, StopsAlthoughSomebodyWaitsForEver) {
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    const std::future<void> stopped = std::async(std::launch::async, [this] { server->stop(); });
    EXPECT_TRUE(eventually([&] { return !canConnect(); })) << "the stop has begun";
    EXPECT_TRUE(eventually([&] {
        pass(options.limits.drain);
        return stopped.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }));
    EXPECT_EQ(client.rest(), "");
    EXPECT_FALSE(handle.isOpen());
    EXPECT_FALSE(handle.respond(Response::text(200, "too late")));
    EXPECT_FALSE(server->post([] {}));
    server->barrier().wait();
    server.reset();
    EXPECT_FALSE(handle.more());
}

}  // namespace
}  // namespace elector::http
