#include "elector/commands/http_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elector::commands {
namespace {

using testing::HasSubstr;

ReadAnswer readAnswer(std::string_view bytes) {
    return AnswerReader().read(bytes);
}

const std::string kWhole =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\nok\n";

TEST(HttpAnswerTest, IsReadOnceItIsWhole) {
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        EXPECT_TRUE(std::holds_alternative<Incomplete>(readAnswer(kWhole.substr(0, length))))
            << length;
    }
    EXPECT_EQ(std::get<HttpAnswer>(readAnswer(kWhole)), (HttpAnswer{200, "ok\n"}));
}

TEST(HttpAnswerTest, IsReadOnceItIsWholeByOneReader) {
    AnswerReader reader;
    for (std::size_t length = 0; length < kWhole.size(); ++length) {
        EXPECT_TRUE(std::holds_alternative<Incomplete>(reader.read(kWhole.substr(0, length))))
            << length;
    }
    EXPECT_EQ(std::get<HttpAnswer>(reader.read(kWhole)), (HttpAnswer{200, "ok\n"}));
}

// RFC 2047's encoded words are no part of HTTP: "=?a?q?3?=" is no 3.
TEST(HttpAnswerTest, DecodesNothing) {
    const ReadAnswer read = readAnswer("HTTP/1.1 200 OK\r\nContent-Length: =?a?q?3?=\r\n\r\nok\n");
    EXPECT_THAT(std::get<NoAnswer>(read).reason, HasSubstr("is no number"));
}

TEST(HttpAnswerTest, EndsWhereItsLengthSays) {
    EXPECT_EQ(std::get<HttpAnswer>(readAnswer(kWhole + "more")), (HttpAnswer{200, "ok\n"}));
    EXPECT_EQ(std::get<HttpAnswer>(readAnswer("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")),
              (HttpAnswer{503, ""}));
}

struct Rubbish {
    std::string bytes;
    std::string reason;
};

TEST(HttpAnswerTest, IsNoneWhereItIsNotWhatAnElectorSends) {
    const std::string ok = "HTTP/1.1 200 OK\r\n";
    const std::vector<Rubbish> cases{
        {"SSH-2.0-OpenSSH\r\n\r\n", "speaks no HTTP"},
        {"\x16\x03\x01\r\n\r\n", "speaks no HTTP"},
        {"HTTP/1.1 200 OK\nContent-Length: 2\n\nok", "speaks no HTTP"},
        {ok + "Content-Length : 2\r\n\r\nok", "speaks no HTTP"},
        {ok + "no field\r\n\r\n", "speaks no HTTP"},
        {ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nok", "does not say how long"},
        {ok + "\r\n", "does not say how long"},
        {ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "does not say how long"},
        {ok + "Transfer-Encoding: chunked\r\nContent-Length: 2\r\n\r\nok", "does not say how long"},
        {ok + "Content-Length: -5\r\n\r\n", "is no number"},
        {ok + "Content-Length: 2x\r\n\r\nok", "is no number"},
        {ok + "Content-Length: \r\n\r\nok", "is no number"},
        {ok + "Content-Length: 99999999999999999999999\r\n\r\n", "is no number"},
        {ok + "Content-Length: 65537\r\n\r\n", "more than 65536"},
        {std::string(kMaxHeadBytes + 1, 'x'), "longer than 8192 bytes"},
    };
    for (const Rubbish& rubbish : cases) {
        const ReadAnswer read = readAnswer(rubbish.bytes);
        ASSERT_TRUE(std::holds_alternative<NoAnswer>(read)) << rubbish.bytes.substr(0, 80);
        EXPECT_THAT(std::get<NoAnswer>(read).reason, HasSubstr(rubbish.reason));
    }
}

TEST(HttpAnswerTest, MayBeAsLongAsTheLimits) {
    const std::string body(kMaxBodyBytes, 'x');
    EXPECT_EQ(
        std::get<HttpAnswer>(readAnswer("HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + body)),
        (HttpAnswer{200, body}));
    EXPECT_TRUE(std::holds_alternative<Incomplete>(readAnswer(std::string(kMaxHeadBytes, 'x'))));
}

}  // namespace
}  // namespace elector::commands
