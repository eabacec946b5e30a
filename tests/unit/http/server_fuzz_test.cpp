#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::EndsWith;

// Pieces of requests, proper and not, which are strung together, cut and spoilt.
constexpr std::array<std::string_view, 22> kPieces{"GET ",
                                                   "POST ",
                                                   "HEAD ",
                                                   "/hello",
                                                   "/echo",
                                                   "/",
                                                   " HTTP/1.1",
                                                   " HTTP/1.0",
                                                   "\r\n",
                                                   "\r\n\r\n",
                                                   "\n",
                                                   "Host: localhost",
                                                   "Host: [::1]:1",
                                                   "Content-Length: 3",
                                                   "Content-Length: 99999999999",
                                                   "Transfer-Encoding: chunked",
                                                   "Expect: 100-continue",
                                                   "Connection: close",
                                                   ": ",
                                                   "=?utf-8?q?=0d=0a?=",
                                                   "abc",
                                                   "\t "};

class RandomRequests {
  public:
    explicit RandomRequests(unsigned seed) : random_(seed) {}

    std::string next() {
        std::string bytes = below(2) == 0 ? "GET /hello HTTP/1.1\r\nHost: localhost\r\n" : "";
        for (std::size_t i = below(20); i > 0; --i) {
            bytes += kPieces.at(below(kPieces.size()));
        }
        for (std::size_t i = below(4); i > 0 && !bytes.empty(); --i) {
            bytes.at(below(bytes.size())) = static_cast<char>(below(256));
        }
        return bytes;
    }
    std::size_t below(std::size_t bound) {
        return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
    }

  private:
    std::mt19937 random_;
};

TEST_F(ServerFixture, SurvivesRandomBytes) {
    constexpr unsigned kSeed = 20260102;
    constexpr int kConnections = 3000;
    options.limits.bodyBytes = 100;
    start();
    RandomRequests requests(kSeed);
    for (int i = 0; i < kConnections; ++i) {
        TestClient client(port());
        const std::string bytes = requests.next() + requests.next();
        const std::size_t cut = bytes.empty() ? 0 : requests.below(bytes.size());
        client.send(bytes.substr(0, cut));
        client.send(bytes.substr(cut));
        client.endWriting();
        client.rest();  // it answers or closes: nobody is left hanging
        SCOPED_TRACE(testing::PrintToString(bytes));
        ASSERT_THAT(TestClient(port()).get("/hello"), EndsWith("hello\n"));
    }
    EXPECT_GT(server->stats().refusals, 1000U);
    pass(options.limits.linger);  // of whom the kernel did not know yet that all had arrived
    EXPECT_TRUE(eventually([this] { return server->stats().open == 0U; }));
}

}  // namespace
}  // namespace elector::http
