#include "elector/kubernetes/token_claims.h"

#include <Poco/Base64Encoder.h>
#include <gtest/gtest.h>

#include <sstream>

namespace elector::kubernetes {
namespace {

std::string tokenWith(const std::string& payload) {
    std::ostringstream text;
    Poco::Base64Encoder encoder(text, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING);
    encoder << payload;
    encoder.close();
    return "eyJhbGciOiJSUzI1NiJ9." + text.str() + ".c2lnbmF0dXJl";
}

TEST(TokenClaimsTest, FindsThePodsUid) {
    EXPECT_EQ(podUidOf(tokenWith(R"({"aud":["a"],"kubernetes.io":{"namespace":"n","pod":)"
                                 R"({"name":"web-0","uid":"0a1b-2c3d"}}})")),
              "0a1b-2c3d");
}

TEST(TokenClaimsTest, FindsNothingInWhatIsNoTokenOfAPod) {
    for (const std::string& token :
         {std::string(), std::string("abc"), std::string("a.b"), std::string("a.!!!.c"),
          std::string(".."), tokenWith("[]"), tokenWith("{}"), tokenWith("{\"kubernetes.io\":5}"),
          tokenWith(R"({"kubernetes.io":{"pod":{"uid":5}}})"),
          tokenWith(R"({"kubernetes.io":{"pod":{"uid":""}}})"),
          tokenWith(R"({"kubernetes.io":{"pod":{"uid":"a/b\n"}}})"),
          tokenWith(R"({"kubernetes.io":{"pod":{"uid":")" + std::string(100, 'a') + R"("}}})")}) {
        EXPECT_EQ(podUidOf(token), std::nullopt) << token;
    }
}

}  // namespace
}  // namespace elector::kubernetes
