#include "elector/kubernetes/watch_stream.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "tests/unit/kubernetes/scripted_server.h"

namespace elector::kubernetes {
namespace {

using std::chrono_literals::operator""s;
using testing::HasSubstr;

constexpr auto kSoon = 5s;
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string chunk(std::string_view text) {
    return fmt::format("{:x}\r\n{}\r\n", text.size(), text);
}

class WatchStreamTest : public testing::Test {
  protected:
    // The events of an answer that consists of `text`, as "TYPE OBJECT", and why it ended.
    std::pair<std::vector<std::string>, ApiError> read(const std::string& text) {
        ScriptedServer server({[text](ScriptedPeer& peer) {
            peer.readRequest();
            peer.send(text);
        }});
        auto client = clientOf(server);
        WatchStream stream(client);
        const Limits soon{clock_.now() + kSoon, {}};
        if (const auto opened = stream.open({Method::Get, "/w"}, soon, soon); !opened) {
            return {{}, opened.error()};
        }
        std::vector<std::string> events;
        for (;;) {
            const auto event = stream.next();
            if (!event) {
                return {events, event.error()};
            }
            const auto& read = event.value();
            events.push_back(read.problem.empty() ? read.type + " " + read.object
                                                  : "unreadable: " + read.problem);
        }
    }

    Client clientOf(const ScriptedServer& server) {
        Access access;
        access.server = server.endpoint();
        return {access, clock_};
    }

    runtime::SystemClock clock_;
};

using testing::ElementsAre;

TEST_F(WatchStreamTest, ReadsEventsHoweverTheyAreCutIntoChunks) {
    const auto [events, end] = read(kChunked + chunk("{\"type\":\"ADDED\",\"obj") +
                                    chunk("ect\":{\"a\":1}}\n{\"type\":\"BOOKMARK\",") +
                                    chunk("\"object\":{}}\n\n") + "0\r\n\r\n");
    EXPECT_THAT(events, ElementsAre("ADDED {\"a\":1}", "BOOKMARK {}"));
    EXPECT_EQ(end.kind, ErrorKind::Gone);
}

TEST_F(WatchStreamTest, DropsAnEventWithoutItsLineEndHoweverItLooks) {
    for (const auto& tail : {std::string("0\r\n\r\n"), std::string(), std::string("5\r\nab")}) {
        const auto [events, end] = read(kChunked + chunk("{\"type\":\"ADDED\",\"object\":{}}\n") +
                                        chunk("{\"type\":\"DELETED\",\"object\":{}}") + tail);
        EXPECT_THAT(events, ElementsAre("ADDED {}")) << tail;
        EXPECT_EQ(end.kind, ErrorKind::Gone) << tail;
    }
}

TEST_F(WatchStreamTest, EndsWithWhatAnErrorEventSays) {
    const auto gone = R"({"type":"ERROR","object":{"kind":"Status","code":410,"message":"old"}})";
    const auto [events, end] = read(kChunked + chunk(std::string(gone) + "\n"));
    EXPECT_THAT(events, ElementsAre());
    EXPECT_EQ(end.kind, ErrorKind::Gone);
    EXPECT_THAT(end.message, HasSubstr("old"));
}

const std::string kEvent = "{\"type\":\"ADDED\",\"object\":{}}\n";

TEST_F(WatchStreamTest, TellsWhatIsNoEventAndGoesOn) {
    for (const char* line : {"nonsense", "{}", "[]", R"({"type":"ADDED"})", R"({"object":{}})",
                             R"({"type":5,"object":{}})", R"({"type":"ADDED","object":null})",
                             R"({"type":"ADDED","object":[}})", R"({"type":"","object":{}})"}) {
        const auto [events, end] = read(kChunked + chunk(line + ("\n" + kEvent)) + "0\r\n\r\n");
        EXPECT_THAT(events, ElementsAre(HasSubstr("unreadable: it "), "ADDED {}")) << line;
        EXPECT_EQ(end.kind, ErrorKind::Gone) << line;
    }
}

TEST_F(WatchStreamTest, BoundsWhatIsKeptOfAnEventAndGoesOn) {
    for (const char* format : {"{}", R"({{"type":"ADDED","object":{{"a":"{}"}}}})"}) {
        const auto line =
            fmt::format(fmt::runtime(format), std::string(WatchStream::kMaxEvent + 100'000, 'x'));
        const auto [events, end] = read(kChunked + chunk(line + "\n" + kEvent) + "0\r\n\r\n");
        EXPECT_THAT(events, ElementsAre(HasSubstr("unreadable: it "), "ADDED {}")) << format;
    }
}

TEST_F(WatchStreamTest, NeedsNoMemoryForWhatIsNotKept) {
    const std::string deep(5'000'000, '[');
    const auto line =
        fmt::format(R"({{"type":"ADDED","object":{{"metadata":{{"managedFields":{}{},)"
                    R"("uid":"u"}},"spec":{{}}}}}})",
                    deep, std::string(deep.size(), ']'));
    ScriptedServer server({[&](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send("HTTP/1.1 200 OK\r\n\r\n" + line + "\n" + kEvent);
    }});
    auto client = clientOf(server);
    WatchStream stream(client, kWithoutManagedFields);
    const Limits soon{clock_.now() + kSoon, {}};
    ASSERT_TRUE(stream.open({Method::Get, "/w"}, soon, soon).ok());
    const auto event = stream.next();
    ASSERT_TRUE(event.ok()) << event.error().message;
    EXPECT_EQ(event.value().object, R"({"metadata":{"uid":"u"},"spec":{}})");
    EXPECT_EQ(stream.next().value().object, "{}");
}

TEST_F(WatchStreamTest, ReportsARefusedWatch) {
    EXPECT_EQ(read(answerOf(403, R"({"kind":"Status"})")).second.kind, ErrorKind::Forbidden);
    EXPECT_EQ(read(answerOf(410, R"({"kind":"Status"})")).second.kind, ErrorKind::Gone);
}

TEST_F(WatchStreamTest, EndsASilentWatchAtOnceWhenStopped) {
    ScriptedServer server({[](ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(kChunked);
        peer.awaitClose();
    }});
    auto client = clientOf(server);
    WatchStream stream(client);
    std::stop_source stop;
    ASSERT_TRUE(stream
                    .open({Method::Get, "/w"}, {clock_.now() + kSoon, {}},
                          {Instant::max(), stop.get_token()})
                    .ok());
    std::jthread stopper([&] { stop.request_stop(); });
    const auto event = stream.next();
    ASSERT_FALSE(event.ok());
    EXPECT_EQ(event.error().kind, ErrorKind::TimedOut);
}

}  // namespace
}  // namespace elector::kubernetes
