#include "elector/http/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elector::http {
namespace {

Response ok(const Request&) {
    return Response::text(200, "ok");
}

class RouterTest : public testing::Test {
  protected:
    RouterTest() {
        router_.answer("GET", "/a", ok);
        router_.answer("POST", "/a", ok);
        router_.answer("POST", "/b", ok);
    }
    int statusOf(std::string_view method, std::string_view path) const {
        const auto found = router_.find(method, path);
        const auto* response = std::get_if<Response>(&found);
        return response != nullptr ? response->status : 200;
    }
    std::string allowOf(std::string_view method, std::string_view path) const {
        return std::get<Response>(router_.find(method, path)).headers.at(0).value;
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
}

TEST_F(RouterTest, NamesTheMethodsThatAPathAllows) {
    EXPECT_EQ(statusOf("DELETE", "/a"), 405);
    EXPECT_EQ(statusOf("get", "/a"), 405) << "methods are case-sensitive";
    EXPECT_EQ(allowOf("DELETE", "/a"), "GET, HEAD, POST");
    EXPECT_EQ(allowOf("GET", "/b"), "POST");
}

}  // namespace
}  // namespace elector::http
