#include "elector/runtime/json_text.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace elector::json_text {
namespace {

const std::vector<std::string> kValues{
    R"("")",
    R"("a")",
    R"("\"")",
    R"("\\")",
    R"("\\\"")",
    R"("a\\\\")",
    R"("}],{[\"]}")",
    R"(-1.5e3)",
    R"(true)",
    R"(null)",
    R"([])",
    R"({})",
    R"([ 1 , "]" , [ ] ])",
    R"({ "a" : { "}" : [ "\\" , { } ] } , "\"" : "{" })",
    R"({"k:{\"name\":\"api\"}":{".":{},"f:env":{}}})",
};

TEST(JsonScanner, PassesAsMuchAsItReads) {
    for (const std::string& value : kValues) {
        for (const std::string behind : {"", ",", " ]", "}", "\n,\"next\""}) {
            const std::string text = value + behind;
            Scanner reading(text);
            Scanner passing(text);
            EXPECT_TRUE(reading.skipValue()) << text;
            EXPECT_TRUE(passing.passValue()) << text;
            EXPECT_EQ(passing.position(), reading.position()) << text;
            EXPECT_EQ(passing.position(), value.size()) << text;
        }
    }
}

TEST(JsonScanner, PassesNothingThatIsNoValue) {
    for (const std::string text : {"", ",", "]", "}", "\"", "\"\\\"", "[", "{\"a\":", "[\"]"}) {
        Scanner scanner(text);
        EXPECT_FALSE(scanner.passValue()) << text;
        EXPECT_LE(scanner.position(), text.size()) << text;
    }
}

TEST(JsonScanner, SeesWhatEndsAStringAtEveryPlace) {
    constexpr std::size_t kLongest = 40;
    for (std::size_t length = 0; length < kLongest; ++length) {
        for (std::size_t at = 0; at < length; ++at) {
            for (int byte = 0; byte < 256; ++byte) {
                std::string text(length, 'x');
                text[at] = static_cast<char>(byte);
                text = '"' + text + '"';
                Scanner scanner(text);
                const bool read = scanner.skipString();
                if (byte == '"') {
                    EXPECT_TRUE(read);
                    EXPECT_EQ(scanner.position(), at + 2);
                } else {
                    // A backslash before an "x" is no escape; before the last quote it hides that.
                    EXPECT_EQ(read, byte >= ' ' && byte != '\\') << length << " " << at;
                }
            }
        }
    }
}

}  // namespace
}  // namespace elector::json_text
