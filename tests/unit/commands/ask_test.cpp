#include "elector/commands/ask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "elector/runtime/clock.h"
#include "scripted_server.h"

namespace elector::commands {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::HasSubstr;

const runtime::SystemClock kClock;

// Asks with more time than any of these answers needs.
std::variant<HttpAnswer, NoAnswer> askPatiently(const ScriptedServer& server,
                                                const std::string& host = "127.0.0.1") {
    return ask({host, server.port()}, "/api/leader", minutes(1), kClock);
}

std::string reasonOf(const std::variant<HttpAnswer, NoAnswer>& asked) {
    const auto* none = std::get_if<NoAnswer>(&asked);
    return none == nullptr ? "" : none->reason;
}

TEST(AskTest, SendsOneRequestAndReadsItsAnswer) {
    ScriptedServer server(answers(200, "{}"));
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(server)), (HttpAnswer{200, "{}"}));
    EXPECT_EQ(server.request(),
              "GET /api/leader HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                  "\r\nConnection: close\r\n\r\n");
}

TEST(AskTest, FindsTheElectorOfThisMachine) {
    ScriptedServer server(answers(503, "no"));
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(server, "localhost")), (HttpAnswer{503, "no"}));
    EXPECT_THAT(server.request(), HasSubstr("\r\nHost: localhost:"));
}

TEST(AskTest, TriesTheOtherLoopbackAddressWhereTheMachineHasOne) {
    std::optional<ScriptedServer> server;
    try {
        server.emplace(answers(200, "six"), "::1");
    } catch (const std::runtime_error&) {
        EXPECT_THAT(reasonOf(ask({"::1", 1}, "/", minutes(1), kClock)),
                    HasSubstr("no elector answers at [::1]:1"));
        return;
    }
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(*server, "localhost")), (HttpAnswer{200, "six"}));
}

TEST(AskTest, ReadsALongAnswer) {
    const std::string body(kMaxBodyBytes, 'x');
    const ScriptedServer server(answers(200, body));
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(server)), (HttpAnswer{200, body}));
}

TEST(AskTest, SaysWhoWasAskedWhereNobodyListens) {
    const ClosedPort closed;
    const std::string reason = reasonOf(ask({"127.0.0.1", closed.port()}, "/", minutes(1), kClock));
    EXPECT_THAT(reason,
                HasSubstr("no elector answers at 127.0.0.1:" + std::to_string(closed.port())));
    EXPECT_THAT(reason, HasSubstr("refused"));
}

TEST(AskTest, GivesUpInTimeOnAServerThatKeepsSilent) {
    const ScriptedServer server(keepsSilent());
    EXPECT_THAT(reasonOf(ask({"127.0.0.1", server.port()}, "/", milliseconds(50), kClock)),
                HasSubstr("within 50ms: it did not answer in time"));
}

TEST(AskTest, GivesUpInTimeOnAServerThatDrips) {
    const ScriptedServer server(drips());
    EXPECT_THAT(reasonOf(ask({"127.0.0.1", server.port()}, "/", milliseconds(100), kClock)),
                HasSubstr("it did not answer in time"));
}

TEST(AskTest, TakesNoAnswerThatIsCutOff) {
    const ScriptedServer server(sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"));
    EXPECT_THAT(reasonOf(askPatiently(server)), HasSubstr("before its answer was whole"));
}

TEST(AskTest, TakesNoAnswerFromWhatSpeaksNoHttp) {
    const ScriptedServer server(sends("220 mail.example ESMTP\r\n\r\n"));
    EXPECT_THAT(reasonOf(askPatiently(server)), HasSubstr("speaks no HTTP"));
}

TEST(AskTest, ReadsNoMoreThanItsLimit) {
    const ScriptedServer server(sends(std::string(std::size_t{1} << 20U, 'x')));
    EXPECT_THAT(reasonOf(askPatiently(server)), HasSubstr("longer than 8192 bytes"));
}

}  // namespace
}  // namespace elector::commands
