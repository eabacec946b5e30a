#include "elector/http/status_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elector/runtime/time_text.h"
#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class FakeStatus final : public StatusSource {
  public:
    const std::string& id() const override { return shownId; }
    const election::LeaseKey& lease() const override { return shownLease; }
    election::Answer answer() const override { return shownAnswer; }
    std::optional<std::string> notLive() const override { return shownNotLive; }
    std::optional<std::string> notReady() const override { return shownNotReady; }
    std::string metrics() const override { return "a_total 1\n"; }

    std::string shownId = "web-0";
    election::LeaseKey shownLease{"default", "web"};
    election::Answer shownAnswer;
    std::optional<std::string> shownNotLive;
    std::optional<std::string> shownNotReady;
};

class StatusApiTest : public ServerFixture {
  protected:
    std::string get(const std::string& path) {
        if (!server) {
            addStatusRoutes(router, status_);
            start();
        }
        return TestClient(port()).get(path);
    }
    // In the loop, which reads it.
    template <typename Change>
    void whileServing(Change change) {
        server->post(change);
        server->barrier().wait();
    }
    FakeStatus status_;
};

TEST_F(StatusApiTest, TellsAllAboutTheLeader) {
    status_.shownAnswer = {.leader = "web-0",
                           .isLeader = true,
                           .fencingToken = "9007199254740993",
                           .leaseUid = "6d0ad6e5",
                           .transitions = 3,
                           .acquireTime = runtime::parseRfc3339("2026-01-02T03:04:05.000006Z"),
                           .renewTime = runtime::parseRfc3339("2026-01-02T03:04:07Z"),
                           .validFor = std::chrono::milliseconds(4200),
                           .trouble = {}};
    const std::string answer = get("/api/leader");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nContent-Type: application/json\r\n"));
    EXPECT_THAT(answer,
                EndsWith("\r\n\r\n{\"leader\":\"web-0\",\"id\":\"web-0\",\"isLeader\":true,"
                         "\"lease\":\"default/web\",\"fencingToken\":\"9007199254740993\","
                         "\"leaseUID\":\"6d0ad6e5\",\"transitions\":3,"
                         "\"acquireTime\":\"2026-01-02T03:04:05.000006Z\","
                         "\"renewTime\":\"2026-01-02T03:04:07.000000Z\",\"validForMs\":4200}\n"));
}

TEST_F(StatusApiTest, TellsEachChange) {
    EXPECT_THAT(get("/api/leader"), HasSubstr("\"leader\":\"\""));
    whileServing([this] { status_.shownAnswer.validFor = std::chrono::milliseconds(7); });
    EXPECT_THAT(get("/api/leader"), EndsWith("\"renewTime\":null,\"validForMs\":7}\n"));
    whileServing([this] { status_.shownAnswer.leader = "web-1"; });
    const std::string answer = get("/api/leader");
    EXPECT_THAT(answer, HasSubstr("\"leader\":\"web-1\""));
    EXPECT_THAT(answer, EndsWith("\"validForMs\":7}\n"));
    whileServing([this] { status_.shownAnswer.isLeader = true; });
    EXPECT_THAT(get("/api/leader"), HasSubstr("\"isLeader\":true"));
}

TEST_F(StatusApiTest, TellsTheTroubleWhileThereIsSome) {
    EXPECT_THAT(get("/api/leader"), testing::Not(HasSubstr("trouble")));
    whileServing([this] { status_.shownAnswer.trouble = "leases \"web\" need a label"; });
    EXPECT_THAT(get("/api/leader"),
                HasSubstr(R"(,"trouble":"leases \"web\" need a label","validForMs":)"));
    whileServing([this] { status_.shownAnswer.trouble.clear(); });
    EXPECT_THAT(get("/api/leader"), testing::Not(HasSubstr("trouble")));
}

TEST_F(StatusApiTest, TellsThatNobodyLeads) {
    EXPECT_THAT(get("/api/leader"),
                EndsWith("{\"leader\":\"\",\"id\":\"web-0\",\"isLeader\":false,"
                         "\"lease\":\"default/web\",\"fencingToken\":\"\",\"leaseUID\":\"\","
                         "\"transitions\":0,\"acquireTime\":null,\"renewTime\":null,"
                         "\"validForMs\":0}\n"));
    EXPECT_THAT(get("/"), EndsWith("\r\n\r\n{\"name\":\"\"}\n"));
}

TEST_F(StatusApiTest, StaysJsonWhateverALeaderIsCalled) {
    status_.shownAnswer.leader = "a\"b\\c\nd\x01\xff\xc3\xa4";
    EXPECT_THAT(get("/"), EndsWith("{\"name\":\"a\\\"b\\\\c\\nd\\u0001\xef\xbf\xbd\xc3\xa4\"}\n"));
}

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
    TestClient client(port());
    client.send("DELETE /api/leader HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const std::string answer = client.answer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 Method Not Allowed\r\n"));
    EXPECT_THAT(answer, HasSubstr("\r\nAllow: GET, HEAD\r\n"));
}

}  // namespace
}  // namespace elector::http
