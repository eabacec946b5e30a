#include "elector/runtime/escape.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elector::runtime {
namespace {

TEST(EscapeTest, TellsUtf8FromOtherBytes) {
    for (const std::string text :
         {"", "plain", "\u00e9", "\u20ac", "\U0001f600", "\ufffd", "\x7f", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(isUtf8(text)) << testing::PrintToString(text);
    }
    for (const std::string text :
         {"\x80", "\xbf", "\xc3", "\xc3(", "\xe2\x82", "\xe2(\xac", "\xf0\x9f\x98", "\xff", "\xfe",
          "\xc0\x80",          // the overlong zero
          "\xc1\xbf",          // an overlong 0x7f
          "\xe0\x9f\xbf",      // an overlong 0x7ff
          "\xf0\x8f\xbf\xbf",  // an overlong 0xffff
          "\xed\xa0\x80",      // half of a surrogate pair
          "\xf4\x90\x80\x80",  // above 0x10ffff
          "\xf8\x88\x80\x80\x80", "good\xff"}) {
        EXPECT_FALSE(isUtf8(text)) << testing::PrintToString(text);
    }
}

TEST(EscapeTest, TakesOneCharacterWithItsLength) {
    const Character euro = firstCharacter("\u20acuro");
    EXPECT_TRUE(euro.valid);
    EXPECT_TRUE(euro.printable);
    EXPECT_EQ(euro.code, U'\u20ac');
    EXPECT_EQ(euro.length, 3U);

    const Character broken = firstCharacter("\xe2\x82");
    EXPECT_FALSE(broken.valid);
    EXPECT_FALSE(broken.printable);
    EXPECT_EQ(broken.code, 0xe2U);
    EXPECT_EQ(broken.length, 1U);
}

struct Example {
    std::string text;
    std::string json;
};

TEST(EscapeTest, WritesJsonStrings) {
    const std::vector<Example> examples{
        {"", R"("")"},
        {"web-0", R"("web-0")"},
        {R"(say "no" \ now)", R"("say \"no\" \\ now")"},
        {"a\nb\tc\rd", R"("a\nb\tc\u000dd")"},
        {std::string("\0\x01\x1f\x7f", 4), R"("\u0000\u0001\u001f\u007f")"},
        {"\u00e9\u20ac\U0001f600", "\"\u00e9\u20ac\U0001f600\""},
        {"\u0085\u2028\u2029", R"("\u0085\u2028\u2029")"},
        {"\u202eolleh", R"("\u202eolleh")"},
        {"a\xff\x80z", "\"a\ufffd\ufffdz\""},
    };
    for (const Example& example : examples) {
        EXPECT_EQ(jsonString(example.text), example.json);
    }
}

TEST(EscapeTest, CutsByCharactersAndNotByBytes) {
    EXPECT_EQ(jsonString("abc", 3), R"("abc")");
    EXPECT_EQ(jsonString("abcd", 3), "\"abc\u2026\"");
    EXPECT_EQ(jsonString("\u20ac\u20ac\u20ac", 3), "\"\u20ac\u20ac\u20ac\"");
    EXPECT_EQ(jsonString("\u20ac\u20ac\u20ac", 2), "\"\u20ac\u20ac\u2026\"");
    EXPECT_EQ(jsonString("a", 0), "\"\u2026\"");
    EXPECT_EQ(jsonString("", 0), R"("")");
}

}  // namespace
}  // namespace elector::runtime
