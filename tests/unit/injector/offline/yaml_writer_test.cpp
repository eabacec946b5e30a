#include "injector/offline/yaml.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "elector/runtime/escape.h"

namespace injector::offline {
namespace {

using elector::runtime::jsonString;

// One member with this text as its value.
std::string written(const std::string& text) {
    return writeYaml("{\"a\":" + jsonString(text) + "}");
}

std::string readBack(const std::string& yaml) {
    const auto result = readYaml(yaml);
    const auto* content = std::get_if<YamlContent>(&result);
    return content != nullptr ? content->json : std::get<YamlProblem>(result).why;
}

TEST(YamlWriterTest, WritesBlocksAsKubectlDoes) {
    EXPECT_EQ(writeYaml(R"({"a":{"b":1,"c":[{"d":true,"e":[1,[2,3],{}]},null]},"f":{},"g":[]})"),
              "a:\n"
              "  b: 1\n"
              "  c:\n"
              "  - d: true\n"
              "    e:\n"
              "    - 1\n"
              "    - - 2\n"
              "      - 3\n"
              "    - {}\n"
              "  - null\n"
              "f: {}\n"
              "g: []\n");
    EXPECT_EQ(writeYaml("{}"), "{}\n");
}

TEST(YamlWriterTest, MarksKeysThatAreTooLongToBeRecognized) {
    const std::string key = jsonString(std::string(1500, 'k'));
    EXPECT_EQ(writeYaml("{" + key + ":1}"), "? " + std::string(1500, 'k') + "\n: 1\n");
    for (const char* value :
         {R"("a")", R"("a\nb")", R"({"b":{"c":1},"d":2})", R"([1,{"b":[2]}])", "{}"}) {
        const std::string inner = "{\"a\":0," + key + ":" + value + ",\"z\":0}";
        for (const std::string& json :
             {inner, R"({"list":[)" + inner + "]}", R"({"map":)" + inner + "}",
              "{" + key + ":{" + key + ":[" + inner + "]}}"}) {
            EXPECT_EQ(readBack(writeYaml(json)), json) << writeYaml(json);
        }
    }
}

TEST(YamlWriterTest, WritesNumbersAsTheyAre) {
    EXPECT_EQ(writeYaml(R"({"a":18446744073709551616,"b":-1.50,"c":1E+3})"),
              "a: 18446744073709551616\nb: -1.50\nc: 1E+3\n");
}

TEST(YamlWriterTest, QuotesWhatCouldBeTakenForSomethingElse) {
    for (const auto* text :
         {"5",    "010",  "1e3", "yes", "No",    "on",     "y",    "null",       "~",     "true",
          "",     " a",   "a ",  "-x",  "- x",   "a: b",   "a #b", "2001-01-01", "12:30", "#a",
          "{a}",  "[a]",  "*a",  "&a",  "!a",    "|",      ">",    "%a",         "@a",    "`a",
          "=",    "<<",   "?",   "a:",  ":a",    "'a'",    "\"a",  "é",          "$(A)",  "a,b",
          "a\tb", "a  b", "a\r", "\n",  "a\n\n", "\ta\nb", " \na"}) {
        EXPECT_EQ(written(text), "a: " + jsonString(text) + "\n");
    }
}

TEST(YamlWriterTest, LeavesPlainWhatIsNothingElse) {
    for (const auto* text : {"web", "apps/v1", "nginx:1.25", "leader-elector.io/inject", "/var/run",
                             "example.org:5000/a@sha256:0f", "hello big world", "A_B", "yess"}) {
        EXPECT_EQ(written(text), fmt::format("a: {}\n", text));
    }
}

TEST(YamlWriterTest, WritesTextsOfSeveralLinesAsBlocks) {
    EXPECT_EQ(written("a\n b\n\n# c\n"), "a: |\n  a\n   b\n\n  # c\n");
    EXPECT_EQ(written("a\nb"), "a: |-\n  a\n  b\n");
    EXPECT_EQ(writeYaml(R"({"a":[{"b":["x\ny\n"]}]})"), "a:\n- b:\n  - |\n    x\n    y\n");
}

TEST(YamlWriterTest, QuotesLinesThatABlockWouldNotKeep) {
    for (const auto* text :
         {"a\nb\n\n", "\na\n", " a\nb", "a\n \nb", "a\r\nb", "a\n\u2028b", "a\n\x01", "\n\n"}) {
        EXPECT_EQ(written(text), "a: " + jsonString(text) + "\n");
    }
}

TEST(YamlWriterTest, EscapesWhatReadersOfYamlRefuse) {
    EXPECT_EQ(written("\ufeff"), "a: \"\\ufeff\"\n");
    EXPECT_EQ(written("x\ufffe \uffff\ny"), "a: \"x\\ufffe \\uffff\\ny\"\n");
}

TEST(YamlWriterTest, QuotesKeysAsItQuotesTexts) {
    EXPECT_EQ(writeYaml(R"({"yes":1,"5":2,"a.b/c":3,"x\ny":{"":[0]}})"),
              "\"yes\": 1\n\"5\": 2\na.b/c: 3\n\"x\\ny\":\n  \"\":\n  - 0\n");
}

// JSON of random shape, with the texts that are hardest to write.
class Generator {
  public:
    explicit Generator(unsigned seed) : random_(seed) {}

    std::string object(int depth) {
        std::string text = "{";
        for (int i = 0, members = 1 + pick(4); i < members; ++i) {
            text += fmt::format("{}{}:{}", i == 0 ? "" : ",",
                                jsonString(fmt::format("{}{}", word(), i)), value(depth));
        }
        return text + "}";
    }

  private:
    int pick(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }

    std::string word() {
        static const std::vector<std::string> kParts{
            "a",   "yes", "5", " ",      "\n", "\t", ":",      " #",  "- ", "'",
            "\"",  "\\",  "é", "\u2028", "|",  "~",  "{",      "]",   ",",  "\r",
            "---", "...", "%", "&x",     "*x", "!",  "\ufeff", "0x1", "<<"};
        std::string text;
        for (int i = 0, parts = pick(5); i < parts; ++i) {
            text += kParts[static_cast<std::size_t>(pick(static_cast<int>(kParts.size())))];
        }
        return text;
    }

    std::string value(int depth) {
        static const std::vector<std::string> kScalars{
            "1", "-0.5", "1e3", "18446744073709551616", "true", "false", "null", "{}", "[]"};
        switch (pick(depth == 0 ? 2 : 4)) {
            case 0:
                return jsonString(word());
            case 1:
                return kScalars[static_cast<std::size_t>(pick(static_cast<int>(kScalars.size())))];
            case 2:
                return object(depth - 1);
            default:
                return fmt::format("[{},{}]", value(depth - 1), value(depth - 1));
        }
    }

    std::mt19937 random_;
};

TEST(YamlWriterTest, WritesWhatIsReadBackTheSame) {
    for (unsigned seed = 0; seed < 3000; ++seed) {
        const auto json = Generator(seed).object(3);
        const auto yaml = writeYaml(json);
        ASSERT_EQ(readBack(yaml), json) << "seed " << seed << ":\n" << yaml;
    }
}

}  // namespace
}  // namespace injector::offline
