#include "elector/runtime/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace elector::json_text {
namespace {

using testing::ElementsAre;

TEST(JsonTextTest, AcceptsWhatRfc8259Allows) {
    for (const char* text : {"{}", " [ ] ", "null", "true", "0", "-0.5e+10", "\"a\\u00e9\\n\"",
                             R"({"a":[1,{"b":[]}],"c":""})", "123456789012345678901234567890"}) {
        EXPECT_TRUE(isValid(text)) << text;
    }
}

TEST(JsonTextTest, RefusesWhatItDoesNot) {
    for (const char* text :
         {"",   " ",         "{",       "[1,]",        "{\"a\":1,}", "{\"a\"}", "{a:1}", "[1 2]",
          "01", "1.",        "-",       "+1",          ".5",         "1e",      "tru",   "nul",
          "\"", "\"a\nb\"",  "\"\\q\"", "\"\\u12g4\"", "\"\\u12",    "{}{}",    "{} x",  "[}",
          "{]", "[\"a\":1]", "NaN",     "'a'",         "{,}",        "[,]"}) {
        EXPECT_FALSE(isValid(text)) << text;
    }
}

TEST(JsonTextTest, ReadsAnyDepthWithoutTheStack) {
    constexpr std::size_t kDepth = 1'000'000;
    const std::string open(kDepth, '[');
    const std::string deep = open + std::string(kDepth, ']');
    EXPECT_TRUE(isValid(deep));
    EXPECT_FALSE(isValid(open));
    EXPECT_FALSE(isValid(open + std::string(kDepth - 1, ']') + "}"));
    const std::string object = R"({"a":)" + deep + R"(,"b":1})";
    EXPECT_EQ(member(object, "a"), deep);
    EXPECT_EQ(member(object, "b"), "1");
}

TEST(JsonTextTest, FindsMembersByTheirDecodedKey) {
    EXPECT_EQ(member(R"({ "a" : 1 , "b":{"c":[ 2 ]}})", "b"), R"({"c":[ 2 ]})");
    EXPECT_EQ(member(R"({"\u0061":1})", "a"), "1");
    EXPECT_EQ(member(R"({"a":1,"a":2})", "a"), "2");
    EXPECT_EQ(member(R"({"a":null})", "a"), std::nullopt);
    EXPECT_EQ(member(R"({})", "a"), std::nullopt);
    EXPECT_EQ(member("[1]", "a"), std::nullopt);
    EXPECT_EQ(member("", "a"), std::nullopt);
}

TEST(JsonTextTest, DoesNotTakeAKeyWithAnEmbeddedNulForAnother) {
    EXPECT_EQ(member(R"({"spec\u0000x":1})", "spec"), std::nullopt);
}

TEST(JsonTextTest, ListsTheElementsOfAnArray) {
    EXPECT_THAT(elementsOf(R"([ 1, "a,b" ,[2,3],{}])"), ElementsAre("1", "\"a,b\"", "[2,3]", "{}"));
    EXPECT_THAT(elementsOf("[]"), ElementsAre());
    EXPECT_THAT(elementsOf("{}"), ElementsAre());
}

TEST(JsonTextTest, SaysWhatAMemberSaysAndOtherwiseWhatIsAskedFor) {
    constexpr const char* kObject = R"({"name":"web","empty":"","port":80,"none":null})";
    EXPECT_EQ(textAt(kObject, "name"), "web");
    EXPECT_EQ(textAt(kObject, "empty", "other"), "");
    EXPECT_EQ(textAt(kObject, "port", "other"), "other");
    EXPECT_EQ(textAt(kObject, "none", "other"), "other");
    EXPECT_EQ(textAt(kObject, "absent"), "");
    EXPECT_EQ(textAt("[]", "name", "other"), "other");
}

TEST(JsonTextTest, ReadsStrings) {
    EXPECT_EQ(stringIn(R"("a\"\\\u00e9\ud83d\ude00")"), "a\"\\\u00e9\U0001F600");
    EXPECT_EQ(stringIn(R"("")"), "");
    EXPECT_EQ(stringIn(R"("a\u0000b")"), std::string("a\0b", 3));
    EXPECT_EQ(stringIn(R"("\ud800")"), std::nullopt);
    EXPECT_EQ(stringIn("\"\xff\""), std::nullopt);
    EXPECT_EQ(stringIn("5"), std::nullopt);
    EXPECT_EQ(stringIn(""), std::nullopt);
}

TEST(JsonTextTest, ReadsEveryEscape) {
    EXPECT_EQ(stringIn(R"("\"\\\/\b\f\n\r\t")"), "\"\\/\b\f\n\r\t");
    EXPECT_EQ(
        stringIn(R"("\u0000\u007F\u0080\u07ff\u0800\uD7ff\ue000\uffff")"),
        std::string("\0\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf", 18));
    EXPECT_EQ(stringIn(R"("\ud800\udc00 \udbff\uDFFF.")"), "\U00010000 \U0010ffff.");
    EXPECT_EQ(stringIn(R"("\\u0041")"), "\\u0041");
    for (const char* half :
         {R"("\ud800")", R"("\udc00")", R"("\udc00\ud800")", R"("\ud800\ud800")", R"("\ud800x")",
          R"("\ud800\n")", R"("\ud800\\udc00")", R"("\udbff\u0041")", "\"\\n\xff\""}) {
        EXPECT_EQ(stringIn(half), std::nullopt) << half;
    }
}

TEST(JsonTextTest, MakesLittleOfWhatIsNoJson) {
    for (const char* text :
         {R"("\")", R"("\u")", R"("\u12")", R"("\ud800\u")", R"("\uzzzz")", "\"\\"}) {
        EXPECT_LE(stringIn(text).value_or("").size(), 2U) << text;
    }
}

TEST(JsonTextTest, ReadsIntegersAndNothingThatOnlyLooksLikeOne) {
    EXPECT_EQ(integerIn("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(integerIn("0"), 0);
    for (const char* value : {"9223372036854775808", "18446744073709551616", "1.0", "1e3", "\"5\"",
                              "null", "true", "", "-"}) {
        EXPECT_EQ(integerIn(value), std::nullopt) << value;
    }
}

TEST(JsonTextTest, ChangesOneMemberAndNothingElse) {
    const std::string object =
        R"({ "big":18446744073709551616, "x":1.10, "a":1, "a":2, "z":[ 1 ]})";
    EXPECT_EQ(withMember(object, "a", "\"n\""),
              R"({"big":18446744073709551616,"x":1.10,"a":"n","z":[ 1 ]})");
    EXPECT_EQ(withMember("{}", "k\"", "1"), R"({"k\"":1})");
    EXPECT_EQ(withMember("7", "k", "1"), R"({"k":1})");
    EXPECT_EQ(withoutMember(object, "a"), R"({"big":18446744073709551616,"x":1.10,"z":[ 1 ]})");
    EXPECT_EQ(withoutMember("{}", "a"), "{}");
}

TEST(JsonTextTest, TakesForTheSameWhatDiffersInOrderAndEscapesOnly) {
    const std::string value = R"({"a":[1,{"b":null,"c":"x"}],"d":true})";
    EXPECT_TRUE(saysTheSame(value, R"({ "d" : true, "\u0061" : [ 1, {"c":"\u0078","b":null} ] })"));
    for (const char* other :
         {R"({"a":[1,{"b":null,"c":"x"}]})", R"({"a":[1,{"b":null,"c":"y"}],"d":true})",
          R"({"a":[{"b":null,"c":"x"},1],"d":true})", R"({"a":[1,{"c":"x"}],"d":true})",
          R"({"a":[1,{"b":null,"c":"x"}],"d":false})", R"({"a":{},"d":true})", R"([])", "1", ""}) {
        EXPECT_FALSE(saysTheSame(value, other)) << other;
        EXPECT_FALSE(saysTheSame(other, value)) << other;
    }
}

}  // namespace
}  // namespace elector::json_text
