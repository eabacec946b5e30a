#include "elector/commands/commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

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
    EXPECT_THAT(server.request(),
                testing::StartsWith("GET /api/leader HTTP/1.1\r\nHost: 127.0.0.1:" +
                                    std::to_string(server.port()) + "\r\n"));
}

TEST(AskTest, FindsTheElectorOfThisMachine) {
    ScriptedServer server(answers(503, "no"));
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(server, "localhost")), (HttpAnswer{503, "no"}));
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
                HasSubstr("within 50ms: waiting for the answer: timed out"));
}

TEST(AskTest, GivesUpInTimeOnAServerThatDrips) {
    const ScriptedServer server(drips());
    EXPECT_THAT(reasonOf(ask({"127.0.0.1", server.port()}, "/", milliseconds(100), kClock)),
                HasSubstr("timed out"));
}

TEST(AskTest, TakesNoAnswerThatIsCutOff) {
    const ScriptedServer server(sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"));
    EXPECT_THAT(reasonOf(askPatiently(server)), HasSubstr("broke off before its end"));
}

struct Rubbish {
    std::string bytes;
    std::string reason;
};

TEST(AskTest, TakesNoAnswerThatIsNoHttpOrTooLong) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::vector<Rubbish> cases{
        {"220 mail.example ESMTP\r\n\r\n", "is not HTTP"},
        {"SSH-2.0-OpenSSH\r\n\r\n", "is not HTTP"},
        {"\x16\x03\x01\r\n\r\n", "is not HTTP"},
        {ok + "Content-Length : 2\r\n\r\nok", "is not HTTP"},
        {ok + "no field\r\n\r\n", "is not HTTP"},
        {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "more than one Content-Length"},
        {ok + "Content-Length: =?a?q?3?=\r\n\r\nok\n", "Content-Length is"},
        {ok + "Content-Length: -5\r\n\r\n", "Content-Length is"},
        {ok + "Content-Length: 2x\r\n\r\nok", "Content-Length is"},
        {ok + "Content-Length: 99999999999999999999999\r\n\r\n", "Content-Length is"},
        {ok + "Content-Length: 65537\r\n\r\n" + std::string(65537, 'x'), "more than 65536"},
        {ok + "Transfer-Encoding: gzip\r\n\r\n", "not as chunked"},
        {std::string(std::size_t{1} << 20U, 'x'), "a line of more than 65536 bytes"},
    };
    for (const Rubbish& rubbish : cases) {
        const ScriptedServer server(sends(rubbish.bytes));
        EXPECT_THAT(reasonOf(askPatiently(server)), HasSubstr(rubbish.reason))
            << rubbish.bytes.substr(0, 80);
    }
}

TEST(AskTest, EndsWhereTheAnswersLengthSays) {
    const ScriptedServer server(sends("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\nmore"));
    EXPECT_EQ(std::get<HttpAnswer>(askPatiently(server)), (HttpAnswer{200, "ok\n"}));
}

}  // namespace
}  // namespace elector::commands
