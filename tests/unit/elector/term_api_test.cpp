#include "elector/term_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "fake_status.h"
#include "tests/support/test_client.h"
#include "tests/unit/http/remote_addresses.h"
#include "tests/unit/http/server_fixture.h"

namespace elector {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

class TermApiTest : public http::ServerFixture {
  protected:
    TermApiTest() {
        options.limits.bodyBytes = TermApi::kLargestOrder;
        status_.shownAnswer.isLeader = true;
        status_.shownAnswer.fencingToken = "48213";
        status_.shownAnswer.validFor = milliseconds(4200);
    }
    ~TermApiTest() override { server.reset(); }

    std::string post(const std::string& body, const std::string& type = "application/json") {
        if (!server) {
            api_.addRoutes(router);
            start();
        }
        http::TestClient client(port());
        client.send("POST /api/step-down HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + type +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
        return client.answer();
    }

    FakeStatus status_;
    TermApi::Rules rules_;
    std::vector<election::StepDownRequested> orders_;
    TermApi api_{status_, rules_,
                 [this](election::StepDownRequested how) { orders_.push_back(std::move(how)); },
                 nullptr};
};

TEST_F(TermApiTest, TakesAnOrderForThePresentTerm) {
    const std::string answer = post("{}");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 Accepted\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\n{\"token\":\"48213\",\"drainMs\":4201}\n"));
    ASSERT_EQ(orders_.size(), 1U);
    EXPECT_EQ(orders_[0].pause, seconds(10)) << "the default";
    EXPECT_EQ(orders_[0].token, "48213") << "of another term, the election does nothing";

    EXPECT_THAT(post(R"({"token":"48213","backOff":"90s"})", "Application/JSON; charset=utf-8"),
                StartsWith("HTTP/1.1 202 "));
    ASSERT_EQ(orders_.size(), 2U);
    EXPECT_EQ(orders_[1].pause, seconds(90));
    EXPECT_EQ(orders_[1].to, "");
    EXPECT_THAT(post(R"({"to":"web-2"})"), StartsWith("HTTP/1.1 202 "));
    ASSERT_EQ(orders_.size(), 3U);
    EXPECT_EQ(orders_[2].to, "web-2");
}

TEST_F(TermApiTest, SaysForHowLongItDrains) {
    const std::vector<std::pair<TermApi::Rules, std::string>> rows{
        {{"", {}, seconds(9)}, "\"drainMs\":9000}\n"},
        {{"", {.pollTolerance = seconds(60)}, {}}, "\"drainMs\":64201}\n"}};
    for (const auto& [rules, expected] : rows) {
        TermApi api(status_, rules, [](const election::StepDownRequested&) {}, nullptr);
        http::Router routes;
        api.addRoutes(routes);
        router = routes;
        server.reset();
        start();
        EXPECT_THAT(post("{}"), EndsWith(expected));
    }
}

TEST_F(TermApiTest, DeposesNobodyByALateRetry) {
    const std::string answer = post(R"({"token":"48212"})");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 412 Precondition Failed\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nweb-0 leads by the token 48213.\n"));
    status_.shownAnswer = {};
    EXPECT_THAT(post("{}"), StartsWith("HTTP/1.1 409 Conflict\r\n"));
    EXPECT_TRUE(orders_.empty());
}

TEST_F(TermApiTest, RefusesWhatIsNoOrder) {
    for (const char* body :
         {"", "[]", "{", "10s", R"({"token":48213})", R"({"token":""})", R"({"backOff":"10"})",
          R"({"backOff":"-1s"})", R"({"backOff":"61m"})", R"({"backoff":"10s"})",
          R"({"token":null})", R"({"to":"web 2"})", R"({"to":"web-0"})", R"({"to":2})"}) {
        EXPECT_THAT(post(body), StartsWith("HTTP/1.1 400 Bad Request\r\n")) << body;
    }
    EXPECT_THAT(post(R"({"ba\nck":1})"),
                EndsWith("\r\n\r\nThe member \"ba\\nck\" is refused: it is unknown; allowed are "
                         "token, backOff and to.\n"));
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded", ""}) {
        EXPECT_THAT(post("{}", type), StartsWith("HTTP/1.1 415 Unsupported Media Type\r\n"));
    }
    EXPECT_TRUE(orders_.empty());
}

TEST_F(TermApiTest, ObeysOnlyTheLoopbackAndNobodyWhereThatIsShared) {
    api_.addRoutes(router);
    const auto match = std::get<http::Router::Match>(router.find("POST", "/api/step-down", ""));
    const http::RequestHead head;
    const auto remote = http::v4("10.0.0.1");
    const auto answer = match.route->handler({head, "{}", remote, "", match.parameters});
    EXPECT_EQ(std::get<http::Response>(answer).status, 403);

    TermApi closed(
        status_, {"this elector takes no orders", {}, {}},
        [this](election::StepDownRequested how) { orders_.push_back(std::move(how)); }, nullptr);
    closed.addRoutes(router);
    start();
    EXPECT_THAT(post("{}"), EndsWith("\r\n\r\nthis elector takes no orders\n"));
    EXPECT_TRUE(orders_.empty());
}

}  // namespace
}  // namespace elector
