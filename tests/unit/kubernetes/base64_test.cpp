#include "elector/kubernetes/tls_context.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

namespace elector::kubernetes {
namespace {

TEST(Base64, WritesAndReadsBytesOfAnyLength) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {std::string("\0\xff\xfe", 3), "AP/+"},
        {"fooba", "Zm9vYmE="}};
    for (const auto& [bytes, text] : cases) {
        EXPECT_EQ(toBase64(bytes), text);
        EXPECT_EQ(fromBase64(text), bytes);
    }
}

TEST(Base64, RefusesWhatIsNone) {
    for (const char* text :
         {"Zg", "Zg=", "Z===", "====", "Zm9v\n", " Zm9", "Zm9v Zg=", "Zm=v", "Zm9-", "Zm9_"}) {
        EXPECT_EQ(fromBase64(text), std::nullopt) << text;
    }
}

}  // namespace
}  // namespace elector::kubernetes
