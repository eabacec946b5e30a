#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "elector/http/head.h"

namespace elector::http {
namespace {

using Found = HeadScanner::Found;
constexpr std::string_view kProper = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

TEST(HeadScannerTest, FindsTheEndWhereverThePiecesAreCut) {
    const std::string bytes = std::string(kProper) + "rest";
    for (std::size_t first = 0; first < kProper.size(); ++first) {
        HeadScanner scanner;
        EXPECT_EQ(scanner.scan(std::string_view(bytes).substr(0, first)), Found::Nothing) << first;
        EXPECT_EQ(scanner.scan(bytes), Found::Head) << first;
        EXPECT_EQ(scanner.length(), kProper.size());
    }
}

TEST(HeadScannerTest, RefusesRubbishAsSoonAsItShows) {
    using std::string_literals::operator""s;
    for (const std::string& bytes :
         {"GET / HTTP/1.1\n"s, "GET / HTTP/1.1\rH"s, "GET /\0"s, "\x16\x03\x01"s, "a\x7f"s,
          "GET / HTTP/1.1\r\nA: b\n"s, "GET / HTTP/1.1\r\n\n"s, "GET / HTTP/1.1\r\r\n"s}) {
        HeadScanner scanner;
        EXPECT_EQ(scanner.scan(bytes), Found::Rubbish) << testing::PrintToString(bytes);
    }
}

struct Refused {
    std::string head;  // without the empty line
    int status;
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Refused& refused, std::ostream* out) {
    *out << refused.status;
}

class RefusedHeadTest : public testing::TestWithParam<Refused> {};

TEST_P(RefusedHeadTest, IsRefused) {
    RequestHead head;
    Limits limits;
    limits.bodyBytes = 100;
    auto refusal = head.read(GetParam().head + "\r\n\r\n", limits);
    if (!refusal) {
        refusal = head.judgeBody(limits);
    }
    ASSERT_TRUE(refusal) << GetParam().head;
    EXPECT_EQ(refusal->status, GetParam().status) << GetParam().head;
}

INSTANTIATE_TEST_SUITE_P(
    RequestLine, RefusedHeadTest,
    testing::Values(
        Refused{"GET / HTTP/2.0\r\nHost: a", 505}, Refused{"PRI * HTTP/2.0\r\nHost: a", 505},
        Refused{"GET / HTTP/0.9\r\nHost: a", 505}, Refused{"GET /\r\nHost: a", 400},
        Refused{"GET  / HTTP/1.1\r\nHost: a", 400}, Refused{"GET / HTTP/1.1 \r\nHost: a", 400},
        Refused{" GET / HTTP/1.1\r\nHost: a", 400}, Refused{"G(T / HTTP/1.1\r\nHost: a", 400},
        Refused{"GET / http/1.1\r\nHost: a", 400}, Refused{"GET / HTTP/1.10\r\nHost: a", 400},
        Refused{"GET\t/\tHTTP/1.1\r\nHost: a", 400}, Refused{"GET /a b HTTP/1.1\r\nHost: a", 400},
        Refused{"GET http://localhost/ HTTP/1.1\r\nHost: localhost", 400},
        Refused{"OPTIONS * HTTP/1.1\r\nHost: a", 400},
        Refused{"CONNECT a:443 HTTP/1.1\r\nHost: a", 400},
        Refused{"GET /#a HTTP/1.1\r\nHost: a", 400},
        Refused{"GET /\xc3\xa4 HTTP/1.1\r\nHost: a", 400},
        Refused{std::string(40, 'A') + " / HTTP/1.1\r\nHost: a", 400}));

INSTANTIATE_TEST_SUITE_P(
    Fields, RefusedHeadTest,
    testing::Values(Refused{"GET / HTTP/1.1", 400}, Refused{"GET / HTTP/1.1\r\nAccept: a", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nHost: a", 400},
                    Refused{"GET / HTTP/1.1\r\nHost : a", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\n b", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\n\tb: c", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nnocolon", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\n: novalue", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nA b: c", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: =?utf-8?q?localhost?=", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nconnection: =?utf-8?q?close?=", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nExpect: =?utf-8?b?MTAw?=", 400},
                    Refused{"GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles", 417}));

INSTANTIATE_TEST_SUITE_P(
    Bodies, RefusedHeadTest,
    testing::Values(
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x5", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5, 5", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: =?utf-8?q?5?=", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\ncontent-length: 5", 400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 101", 413},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999999", 413},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
                400},
        Refused{"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked", 411},
        Refused{"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity", 411},
        Refused{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked", 400}));

TEST(RequestHeadTest, RefusesTooManyFields) {
    const Limits limits;
    std::string text = "GET / HTTP/1.1\r\nHost: a\r\n";
    for (std::size_t i = 1; i < limits.headerFields; ++i) {
        text += "A: b\r\n";
    }
    EXPECT_FALSE(RequestHead().read(text + "\r\n", limits));
    const auto refusal = RequestHead().read(text + "A: b\r\n\r\n", limits);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->status, 431);
}

TEST(RequestHeadTest, ReadsWhatAHandlerNeeds) {
    Limits limits;
    limits.bodyBytes = 100;
    RequestHead head;
    ASSERT_FALSE(
        head.read("POST /mutate?timeout=10s HTTP/1.1\r\nhost: a\r\n"
                  "CONTENT-LENGTH: 100\r\nExpect: 100-Continue\r\n\r\n",
                  limits));
    EXPECT_EQ(head.method(), "POST");
    EXPECT_EQ(head.path(), "/mutate");
    EXPECT_EQ(head.query(), "timeout=10s");
    EXPECT_EQ(head.field("Host"), "a");
    EXPECT_EQ(head.field("Accept"), std::nullopt);
    EXPECT_EQ(head.contentLength(), 100U);
    EXPECT_TRUE(head.expectsContinue());
    EXPECT_TRUE(head.keepsAlive());
    EXPECT_FALSE(head.isOld());
    EXPECT_FALSE(head.judgeBody(limits));
}

TEST(RequestHeadTest, ClosesWhereTheClientSaysSo) {
    struct Case {
        std::string head;
        bool keepsAlive;
    };
    for (const auto& [text, keepsAlive] :
         {Case{"GET / HTTP/1.1\r\nHost: a", true}, Case{"GET / HTTP/1.0", false},
          Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: close", false},
          Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive", true},
          Case{"GET / HTTP/1.1\r\nHost: a\r\nconnection: TE,Close", false},
          Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed", true}}) {
        RequestHead head;
        ASSERT_FALSE(head.read(text + "\r\n\r\n", Limits())) << text;
        EXPECT_EQ(head.keepsAlive(), keepsAlive) << text;
    }
}

}  // namespace
}  // namespace elector::http
