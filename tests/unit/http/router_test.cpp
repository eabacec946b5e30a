#include "elector/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/test_client.h"
#include "tests/unit/http/server_fixture.h"

namespace elector::http {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using testing::StartsWith;

Response ok(const Request&) {
    return Response::text(200, "ok");
}

class RouterTest : public testing::Test {
  protected:
    RouterTest() {
        router_.answer("GET", "/a", ok);
        router_.answer("POST", "/a", ok);
        router_.answer("POST", "/b", ok);
        router_.answer("GET", "/files/*", ok);
        router_.answer("GET", "/files/new/*", ok, {"q"});
        router_.answer("PUT", "/files/new/one", ok);
        router_.answer("GET", "/wait", ok, {"wait", "after"});
    }
    int statusOf(std::string_view method, std::string_view path) const {
        const auto found = router_.find(method, path, "");
        const auto* response = std::get_if<Response>(&found);
        return response != nullptr ? response->status : 200;
    }
    std::string allowOf(std::string_view method, std::string_view path) const {
        return std::get<Response>(router_.find(method, path, "")).headers.at(0).value;
    }
    Parameters parametersOf(std::string_view query) const {
        return std::get<Router::Match>(router_.find("GET", "/wait", query)).parameters;
    }
    Router router_;
};

TEST_F(RouterTest, FindsByPathAndMethod) {
    EXPECT_EQ(statusOf("GET", "/a"), 200);
    EXPECT_EQ(statusOf("POST", "/b"), 200);
    for (const char* path : {"/", "/a/", "/A", "//a", "/a%20", "/%61", "/a/../a"}) {
        EXPECT_EQ(statusOf("GET", path), 404) << path;
    }
}

TEST_F(RouterTest, AnswersHeadWhereGetIs) {
    EXPECT_EQ(statusOf("HEAD", "/a"), 200);
    EXPECT_EQ(statusOf("HEAD", "/b"), 405);
    EXPECT_EQ(statusOf("HEAD", "/files/x"), 200);
}

TEST_F(RouterTest, NamesTheMethodsThatAPathAllows) {
    EXPECT_EQ(statusOf("DELETE", "/a"), 405);
    EXPECT_EQ(statusOf("get", "/a"), 405) << "methods are case-sensitive";
    EXPECT_EQ(allowOf("DELETE", "/a"), "GET, HEAD, POST");
    EXPECT_EQ(allowOf("GET", "/b"), "POST");
    EXPECT_EQ(allowOf("POST", "/files/x"), "GET, HEAD");
}

TEST_F(RouterTest, ThePathDecidesThenTheLongestPrefix) {
    struct Case {
        const char* path;
        const char* rest;  // nullptr: nothing is found
        std::size_t parameters = 0;
    };
    const Case cases[] = {
        {"/files/", ""},
        {"/files/x", "x"},
        {"/files/x/y", "x/y"},
        {"/files/new", "new"},
        {"/files/new/", "", 1},
        {"/files/new/two", "two", 1},
        {"/files/newer/two", "newer/two"},
        {"/files/*", "*"},
        {"/files/%2e%2e/../x", "%2e%2e/../x"},  // as it was sent
        {"/files//new/two", "/new/two"},
        {"/a", ""},
        {"/files", nullptr},
        {"/Files/x", nullptr},
        {"//files/x", nullptr},
        {"/files/new/one", nullptr},  // another method's
        {"", nullptr},
    };
    for (const Case& each : cases) {
        const std::string path = each.path;
        const auto found = router_.find("GET", path, "");
        const auto* match = std::get_if<Router::Match>(&found);
        ASSERT_EQ(match != nullptr, each.rest != nullptr) << path;
        if (match != nullptr) {
            EXPECT_EQ(match->rest, each.rest) << path;
            EXPECT_EQ(match->route->parameters.size(), each.parameters) << path;
        }
    }
}

TEST_F(RouterTest, ReadsTheParametersThatTheRouteNames) {
    struct Case {
        std::string query;
        std::vector<std::pair<std::string, std::string>> parameters;
    };
    const Case cases[] = {
        {"", {}},
        {"wait=30s", {{"wait", "30s"}}},
        {"wait=30s&after=ab.17", {{"after", "ab.17"}, {"wait", "30s"}}},
        {"after=%61%2e1%26+x=%3D", {{"after", "a.1& x=="}}},
        {"wait", {{"wait", ""}}},
        {"wait=", {{"wait", ""}}},
        {"&&wait=1&&", {{"wait", "1"}}},
        {"wait=a?b/c", {{"wait", "a?b/c"}}},
        {"after=%c3%A4", {{"after", "\xc3\xa4"}}},
        // Nobody reads these, so nobody judges them.
        {"other=%zz&other=%00&=&%&Wait=1&%77ait=2&waiter=3", {}},
        {"wait=" + std::string(Router::kLongestValue, 'x'),
         {{"wait", std::string(Router::kLongestValue, 'x')}}},
    };
    for (const Case& each : cases) {
        const Parameters found = parametersOf(each.query);
        EXPECT_EQ((std::vector<std::pair<std::string, std::string>>(found.begin(), found.end())),
                  each.parameters)
            << each.query;
    }
}

TEST_F(RouterTest, RefusesAHostileParameterWithASentence) {
    const std::pair<std::string, std::string> cases[] = {
        {"wait=1&wait=1", "The parameter wait is given twice.\n"},
        {"wait&after=1&wait=", "The parameter wait is given twice.\n"},
        {"after=%", "The parameter after is not percent-encoded properly.\n"},
        {"after=%4", "The parameter after is not percent-encoded properly.\n"},
        {"after=%4g", "The parameter after is not percent-encoded properly.\n"},
        {"after=%u0041", "The parameter after is not percent-encoded properly.\n"},
        {"after=a%00b", "The parameter after has control characters.\n"},
        {"after=a%0d%0aX:+y", "The parameter after has control characters.\n"},
        {"after=%7f", "The parameter after has control characters.\n"},
        {"wait=" + std::string(Router::kLongestValue + 1, 'x'),
         "The parameter wait is too long.\n"},
    };
    for (const auto& [query, sentence] : cases) {
        const auto found = router_.find("GET", "/wait", query);
        const auto* response = std::get_if<Response>(&found);
        ASSERT_NE(response, nullptr) << query;
        EXPECT_EQ(response->status, 400) << query;
        EXPECT_EQ(response->body, sentence) << query;
        EXPECT_TRUE(std::holds_alternative<Router::Match>(router_.find("GET", "/a", query)))
            << "a route that reads no parameters ignores " << query;
    }
}

class RoutedServerTest : public ServerFixture {
  protected:
    RoutedServerTest() {
        router.answer("GET", "/files/*",
                      [](const Request& request) {
                          const auto found = request.parameters.find("q");
                          return Response::text(
                              200, std::string(request.rest) + "|" +
                                       (found == request.parameters.end() ? std::string("none")
                                                                          : found->second));
                      },
                      {"q"});
        router.answer("GET", "/later/*",
                      [](const Request& request) -> Later {
                          std::string body(request.rest);
                          body += request.parameters.at("q");
                          return [body](const Responder& responder) {
                              responder.respond(Response::text(200, body));
                          };
                      },
                      {"q"});
        start();
    }
};

TEST_F(RoutedServerTest, HandlersGetTheRestAndTheParametersOfEachRequest) {
    TestClient client(port());
    const auto ask = [&client](const std::string& target) {
        client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        return client.answer();
    };
    EXPECT_THAT(ask("/files/a/b?q=1"), EndsWith("\r\n\r\na/b|1"));
    EXPECT_THAT(ask("/files/a/b?q=1"), EndsWith("\r\n\r\na/b|1")) << "the same words once more";
    EXPECT_THAT(ask("/files/"), EndsWith("\r\n\r\n|none"));
    EXPECT_THAT(ask("/later/x?q=%26"), EndsWith("\r\n\r\nx&"));
    EXPECT_THAT(ask("/files/a?q=%0a"), StartsWith("HTTP/1.1 400 "));
    EXPECT_THAT(ask("/files/c?q=2"), EndsWith("\r\n\r\nc|2")) << "on the same connection";
    EXPECT_THAT(ask("/hello?q=%0a&q=%"), EndsWith("\r\n\r\nhello\n"));
}

}  // namespace
}  // namespace elector::http
