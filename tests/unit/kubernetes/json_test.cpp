#include "elector/kubernetes/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elector::kubernetes::json {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(JsonTest, ReadsMembersOfExactlyTheTypeAskedFor) {
    const auto parsed = parseObject(R"({"s":"5","i":5,"b":true,"n":null,"o":{"a.b":{"c":"d"}}})");
    EXPECT_EQ(text(parsed, {"s"}), "5");
    EXPECT_EQ(integer(parsed, {"i"}), 5);
    EXPECT_EQ(boolean(parsed, {"b"}), true);
    EXPECT_EQ(text(parsed, {"o", "a.b", "c"}), "d");
    EXPECT_TRUE(object(parsed, {"o"}).has_value());
}

TEST(JsonTest, TakesNullAndAbsenceForNothing) {
    const auto parsed = parseObject(R"({"n":null})");
    EXPECT_EQ(text(parsed, {"n"}), std::nullopt);
    EXPECT_EQ(integer(parsed, {"n"}), std::nullopt);
    EXPECT_EQ(text(parsed, {"n", "x"}), std::nullopt);
    EXPECT_EQ(text(parsed, {"missing", "x"}), std::nullopt);
}

TEST(JsonTest, NamesTheMemberThatHasAnotherType) {
    const auto parsed = parseObject(R"({"a":{"s":"5","i":5,"f":1.5,"big":18446744073709551615}})");
    EXPECT_THAT([&] { (void)integer(parsed, {"a", "s"}); },
                ThrowsMessage<Error>(HasSubstr("a.s is not an integer")));
    EXPECT_THAT([&] { (void)text(parsed, {"a", "i"}); },
                ThrowsMessage<Error>(HasSubstr("a.i is not a text")));
    EXPECT_THROW((void)integer(parsed, {"a", "f"}), Error);
    EXPECT_THROW((void)integer(parsed, {"a", "big"}), Error);
    EXPECT_THROW((void)boolean(parsed, {"a", "i"}), Error);
    EXPECT_THROW((void)object(parsed, {"a", "i"}), Error);
    EXPECT_THROW((void)text(parsed, {"a", "s", "t"}), Error);
}

TEST(JsonTest, RefusesWhatIsNoObject) {
    for (const char* text : {"", "[]", "5", "\"a\"", "{", "{} {}", "null"}) {
        EXPECT_THROW((void)parseObject(text), Error) << text;
    }
    EXPECT_THROW((void)parseObject(std::string(100'000, '[')), Error);
}

}  // namespace
}  // namespace elector::kubernetes::json
