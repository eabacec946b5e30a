#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kLater = "GET /later HTTP/1.1\r\nHost: localhost\r\n\r\n";
const Response kEvents{200, "text/event-stream", ""};

class ServerLaterTest : public ServerFixture {
  protected:
    ServerLaterTest() {
        router.answerLater("GET", "/later", [this](const Request&, Responder responder) {
            const std::lock_guard lock(mutex_);
            responder_ = std::move(responder);
        });
    }
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
    router.answerLater("GET", "/throws", [](const Request&, const Responder&) {
        throw std::runtime_error("no luck");
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
    Response head = kEvents;
    head.body = "retry: 1\n\n";
    ASSERT_TRUE(handle.begin(head));
    EXPECT_THAT(client.headOnly(), HasSubstr("\r\nTransfer-Encoding: chunked\r\n"));
    EXPECT_EQ(client.until("\n\n\r\n"), "a\r\nretry: 1\n\n\r\n");
    ASSERT_TRUE(handle.push("data: web-0\n\n"));
    EXPECT_EQ(client.until("\n\n\r\n"), "d\r\ndata: web-0\n\n\r\n");
    ASSERT_TRUE(handle.push(""));
    ASSERT_TRUE(handle.finish());
    EXPECT_EQ(client.until("\r\n\r\n"), "0\r\n\r\n");
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
    EXPECT_FALSE(handle.push("late"));
}

TEST_F(ServerLaterTest, StreamsToAnOldClientUntilTheEnd) {
    start();
    TestClient client(port());
    client.send("GET /later HTTP/1.0\r\n\r\n");
    const Responder handle = responder();
    handle.begin(kEvents);
    handle.push("data: web-0\n\n");
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
    handle.begin(kEvents);
    EXPECT_THAT(client.headOnly(), HasSubstr("text/event-stream"));
    EXPECT_TRUE(eventuallyClosed(handle));
    EXPECT_THAT(client.get("/hello"), EndsWith("hello\n"));
}

TEST_F(ServerLaterTest, BreaksOffAForgottenStream) {
    start();
    TestClient client(port());
    client.send(kLater);
    responder().begin(kEvents);
    EXPECT_THAT(client.rest(), EndsWith("\r\n\r\n")) << "without the chunk that ends a stream";
}

TEST_F(ServerLaterTest, NoticesThatAStreamsClientLeft) {
    start();
    std::optional<TestClient> client(port());
    client->send(kLater);
    const Responder handle = responder();
    handle.begin(kEvents);
    client->headOnly();
    client.reset();
    EXPECT_TRUE(eventuallyClosed(handle));
    EXPECT_FALSE(handle.push("data: web-0\n\n"));
}

TEST_F(ServerLaterTest, CutsOffAConsumerThatLagsBehind) {
    options.limits.streamBytes = 10000;
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    handle.begin(kEvents);
    const std::string piece(5000, 'x');
    EXPECT_TRUE(eventually([&] { return !handle.push(piece); }));
    EXPECT_TRUE(eventually([this] { return server->stats().open == 0U; }));
}

TEST_F(ServerLaterTest, TakesPiecesFromSeveralThreads) {
    options.limits.streamBytes = 1000000;
    start();
    TestClient client(port());
    client.send(kLater);
    const Responder handle = responder();
    handle.begin({200, "text/plain", ""});
    client.headOnly();
    {
        const auto push = [&](const std::string& piece) {
            for (int i = 0; i < 100; ++i) {
                handle.push(piece);
            }
        };
        const std::jthread one(push, "a");
        const std::jthread two(push, "b");
    }
    handle.finish();
    const std::string stream = client.until("0\r\n\r\n");
    EXPECT_EQ(std::count(stream.begin(), stream.end(), 'a'), 100);
    EXPECT_EQ(std::count(stream.begin(), stream.end(), 'b'), 100);
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
    streamHandle.begin(kEvents);
    streaming.headOnly();
    const std::future<void> stopped = std::async(std::launch::async, [this] { server->stop(); });
    EXPECT_EQ(streaming.rest(), "0\r\n\r\n");
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
    EXPECT_FALSE(handle.push("far too late"));
}

}  // namespace
}  // namespace elector::http
