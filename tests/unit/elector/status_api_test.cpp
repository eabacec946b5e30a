#include "elector/status_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fake_status.h"
#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class StatusApiTest : public http::ServerFixture {
  protected:
    std::string get(const std::string& path) {
        if (!server) {
            addStatusRoutes(router, status_);
            start();
        }
        return http::TestClient(port()).get(path);
    }
    // In the loop, which reads it.
    template <typename Change>
    void whileServing(Change change) {
        server->post(change);
        server->barrier().wait();
    }
    FakeStatus status_;
};

TEST_F(StatusApiTest, SaysWhyItIsNotLiveOrReady) {
    EXPECT_THAT(get("/healthz"), EndsWith("\r\n\r\nok\n"));
    EXPECT_THAT(get("/readyz"), EndsWith("\r\n\r\nok\n"));
    whileServing([this] { status_.shownNotReady = "the Lease was not read yet"; });
    const std::string answer = get("/readyz");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 Service Unavailable\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nthe Lease was not read yet\n"));
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 200 OK\r\n"));
    whileServing([this] { status_.shownNotLive = "the election stands still"; });
    EXPECT_THAT(get("/healthz"), StartsWith("HTTP/1.1 503 "));
}

TEST_F(StatusApiTest, ShowsMetrics) {
    const std::string answer = get("/metrics");
    EXPECT_THAT(answer,
                HasSubstr("\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\na_total 1\n"));
}

TEST_F(StatusApiTest, RefusesOtherPathsAndMethods) {
    EXPECT_THAT(get("/api"), StartsWith("HTTP/1.1 404 Not Found\r\n"));
    http::TestClient client(port());
    client.send("DELETE /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string answer = client.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

}  // namespace
}  // namespace elector
