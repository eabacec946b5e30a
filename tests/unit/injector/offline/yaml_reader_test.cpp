#include "injector/offline/yaml.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace injector::offline {
namespace {

using testing::ElementsAre;

// What `text` says, or "LINE: WHY".
std::string read(const std::string& text) {
    const auto result = readYaml(text);
    if (const auto* problem = std::get_if<YamlProblem>(&result)) {
        return fmt::format("{}: {}", problem->line, problem->why);
    }
    return std::get<YamlContent>(result).json;
}

bool isInvalid(const std::string& text) {
    const auto result = readYaml(text);
    const auto* problem = std::get_if<YamlProblem>(&result);
    return problem != nullptr && problem->isInvalid;
}

struct Case {
    std::string name;
    std::string yaml;
    std::string expected;
};

class YamlReaderTest : public testing::TestWithParam<Case> {};

TEST_P(YamlReaderTest, ReadsOrSaysWhyNot) {
    EXPECT_EQ(read(GetParam().yaml), GetParam().expected);
}

std::string nameOf(const testing::TestParamInfo<Case>& param) {
    return param.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Values, YamlReaderTest,
    testing::Values(
        Case{"Nothing", "", ""}, Case{"CommentsAlone", "# a\n\n# b\n", ""},
        Case{"AMarkerAlone", "---\n", "null"},
        Case{"OrderAndNesting", "b: {c: [1, x]}\na:\n- d: e\n  f:\n  - g\n",
             R"({"b":{"c":[1,"x"]},"a":[{"d":"e","f":["g"]}]})"},
        Case{"QuotedScalarsAreTexts", "a: '5'\nb: \"yes\"\nc: ''\nd: \"~\"",
             R"({"a":"5","b":"yes","c":"","d":"~"})"},
        Case{"TextTagsMakeTexts", "a: !!str 5\nb: ! yes\nc: !!str",
             R"({"a":"5","b":"yes","c":""})"},
        Case{"MissingValuesAreNull", "a:\nb: ~\nc: [1, ~]", R"({"a":null,"b":null,"c":[1,null]})"},
        Case{"Blocks", "a: |\n  x\n   y\nb: >-\n  x\n  y\nc: |2-\n    z\nd: |+\n  k\n\ne: 1",
             R"({"a":"x\n y\n","b":"x y","c":"  z","d":"k\n\n","e":1})"},
        Case{"FoldedBlocksThatKeepTheirEnd", "a: &x >1+\n b\n\nc: d", R"({"a":"b\n\n","c":"d"})"},
        Case{"ABlockAtTheEndOfAFile", "a: |\n  b", R"({"a":"b\n"})"},
        Case{"QuotesOverLines", "a: 'b\n\n\n  c'\nd: \"e\n\n\n  \"",
             R"({"a":"b\n\nc","d":"e\n\n"})"},
        Case{"TagsThatSayWhatIsSo", "a: !!int 010\nb: !!bool yes\nc: !!null\nd: !!float \"1\"",
             R"({"a":8,"b":true,"c":null,"d":1})"},
        Case{"Escapes", R"(a: "\x41\u00e9\U0001F600\t\0\_\N")",
             "{\"a\":\"Aé😀\\t\\u0000\u00a0\\u0085\"}"},
        Case{"KeysAreTexts", "yes: 1\n010: 2\n'5': 3\nx y: 4", R"({"true":1,"8":2,"5":3,"x y":4})"},
        Case{"CarriageReturns", "a: 1\r\nb: |\r\n  x\r\n  y\r\n", R"({"a":1,"b":"x\ny\n"})"}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Aliases, YamlReaderTest,
    testing::Values(
        Case{
            "OfAnyValue", "a: &x {b: [1]}\nc: *x\nd: [*x, *x]\ne: &y ~\nf: *y\ng: &z v\n*z : h",
            R"({"a":{"b":[1]},"c":{"b":[1]},"d":[{"b":[1]},{"b":[1]}],"e":null,"f":null,"g":"v","v":"h"})"},
        Case{"TheLastAnchorOfAName", "a: &x 1\nb: &x 2\nc: *x", R"({"a":1,"b":2,"c":2})"},
        Case{"ToItself", "a: 1\nb: &x [*x]",
             "2: an alias stands for something that contains it; write the value out"},
        Case{"ToNothing", "a: 1\nb: *x",
             "2: this is not valid YAML: no value before it has the anchor &x; write the value "
             "out"}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    MergeKeys, YamlReaderTest,
    testing::Values(
        Case{"TheMappingItselfWins", "b: &b {x: 1, w: 2}\nc:\n  <<: *b\n  w: 3\n  z: 4",
             R"({"b":{"x":1,"w":2},"c":{"x":1,"w":3,"z":4}})"},
        Case{"OfAListTheFirstWins", "<<: [{x: 1}, {x: 2, w: 2}]\nz: 3", R"({"x":1,"w":2,"z":3})"},
        Case{"QuotedItIsAKey", "'<<': 1", R"({"<<":1})"},
        Case{"BehindWhatItBrings", "x: 1\n<<: {x: 2}",
             "2: the merge key (<<) brings \"x\", which is given before it, and readers of YAML "
             "differ in which counts; move << to the front"},
        Case{"Twice", "<<: {x: 1}\n<<: {y: 1}",
             "2: the key \"<<\" is given twice in one mapping; write << : [*A, *B]"},
        Case{"OfNoMapping", "a: 1\n<<: 5",
             "2: the merge key (<<) is not followed by a mapping or a list of mappings"},
        Case{"OverriddenTwice", "<<: {x: 1}\nx: 2\nx: 3",
             "3: the key \"x\" is given twice in one mapping; remove one"}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Problems, YamlReaderTest,
    testing::Values(
        Case{"AKeyTwice", "a:\n  b: 1\n  c: 2\n  b: 3",
             "4: the key \"b\" is given twice in one mapping; remove one"},
        Case{"AKeyTwiceInOtherWords", "yes: 1\ntrue: 2",
             "2: the key \"true\" is given twice in one mapping; remove one"},
        Case{"AKeyThatIsNull", "a: 1\n~: 2", "2: a key is null; keys are texts: put it in quotes"},
        Case{"AKeyThatIsAFraction", "1.5: 2",
             "1: a key is a number; keys are texts: put it in quotes"},
        Case{"AKeyThatIsAList", "? [a]\n: 1", "1: a key is a mapping or a list; keys are texts"},
        Case{"NoJsonNumber", "a: .inf",
             "1: .inf is a number that JSON, and so Kubernetes, does not have"},
        Case{"AnotherTag", "a: !!binary aGk=",
             "1: the tag \"tag:yaml.org,2002:binary\" is not understood; leave it out, and write "
             "the value as it shall be"},
        Case{"AnotherTagOfAMapping", "a: !foo {b: c}",
             "1: the tag \"!foo\" is not understood; leave it out, and write the value as it shall "
             "be"},
        Case{"HalfACharacter", R"(a: "\ud83d")",
             "1: this is not valid YAML: while parsing a quoted scalar: found invalid Unicode "
             "character escape code; mend it, or what stands before it"},
        Case{"AQuoteThatIsNeverClosed", "a: b\nc: \"d\ne: f\n",
             "2: this is not valid YAML: while scanning a quoted scalar: found unexpected end of "
             "stream; mend it, or what stands before it"},
        Case{"ALineWithoutAColon", "a: b\nc:\n  d: e\n  resources\n",
             "4: this is not valid YAML: while scanning a simple key: could not find expected ':'; "
             "mend it, or what stands before it"},
        Case{"AnEscapedSlash", R"(a: "\\/\/")",
             R"(1: kubectl does not know the escape \/; write / alone)"},
        Case{"AQuestionMarkBetweenBrackets", "a: [b?c]",
             "1: kubectl takes a ? between brackets for a mark; put the text in quotes"},
        Case{"ATagBetweenBrackets", "a: [!!str , b]",
             "1: a tag stands between brackets, where readers of YAML differ in its end; leave it "
             "out"},
        Case{"ATagThatDoesNotFit", "a: !!int b",
             "1: the tag \"tag:yaml.org,2002:int\" is not understood; leave it out, and write the "
             "value as it shall be"},
        Case{"ADirective", "%YAML 1.1\n",
             "2: kubectl reads no lines that begin with %; remove this one"},
        Case{"AControlCharacter", "a: b\n# \x7f\n",
             "2: this is not valid YAML: control characters are not allowed; mend it, or what "
             "stands before it"},
        Case{"AMergedAliasOfAList", "a: &a [{b: c}]\n<<: *a",
             "2: the merge key (<<) is followed by an alias of a list; write << : [*A, *B]"},
        Case{"AnEscapeOfHalfACharacter", "a: \"\\\xc3\xa9\"",
             "1: this is not valid YAML: while parsing a quoted scalar: found unknown escape "
             "character; mend it, or what stands before it"},
        Case{"MoreThanOneMapping", "{a: b}\n\n{c: d}",
             "3: more stands behind the document's end, where kubectl reads no further; begin "
             "another one with ---"},
        Case{"MoreBehindAList", "[a]\nb: c",
             "2: more stands behind the document's end, where kubectl reads no further; begin "
             "another one with ---"},
        Case{"NoYaml", "a: b: c",
             "1: this is not valid YAML: mapping values are not allowed in this context; mend it, "
             "or what stands before it"}),
    nameOf);

TEST(YamlReaderTest, TellsWhatIsNoYamlFromWhatIsNotUnderstood) {
    EXPECT_TRUE(isInvalid("a: [1"));
    EXPECT_FALSE(isInvalid("a: 1\na: 2"));
    EXPECT_TRUE(isInvalid("a: 1\na: 2\nb: \"c"));  // it is read to its end
    EXPECT_FALSE(isInvalid("a: !foo b"));
    EXPECT_FALSE(isInvalid("a: 1\n<<: {a: 2}"));
    EXPECT_TRUE(isInvalid("a: &x [*x]"));
    EXPECT_TRUE(isInvalid("a: .inf"));
}

TEST(YamlReaderTest, TellsWhereTheItemsOfAListBegin) {
    const auto result =
        readYaml("kind: List\nitems:\n- a: 1\n  items:\n  - x\n- *x\n-\n  b: 2\n- {c: 3}\n");
    ASSERT_TRUE(std::holds_alternative<YamlProblem>(result));  // *x names nothing
    const auto again = readYaml("items:\n- &x\n  a: 1\n  items:\n  - x\n- *x\n- {c: 3}\nz: [1]\n");
    EXPECT_THAT(std::get<YamlContent>(again).itemLines, ElementsAre(2, 6, 7));
}

// Nine levels of nine aliases each: four hundred million values, if they were written out.
TEST(YamlReaderTest, RefusesAliasesThatStandForTooMuch) {
    std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    for (int level = 1; level < 10; ++level) {
        const auto alias = fmt::format("*a{}", level - 1);
        bomb += fmt::format("a{0}: &a{0} [{1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}, {1}]\n", level,
                            alias);
    }
    EXPECT_EQ(read(bomb), "4: the aliases up to here stand for too much; write the values out");
    const std::string large = "a: &a " + std::string(std::size_t{1} << 20, 'x') + "\n";
    EXPECT_EQ(read(large + "b: [*a, *a, *a, *a, *a, *a, *a, *a,\n*a, *a, *a]"),
              "3: the aliases up to here stand for too much; write the values out");
}

TEST(YamlReaderTest, RefusesWhatIsNestedTooDeeply) {
    const auto nested = [](std::size_t depth) {
        return std::string(depth, '[') + std::string(depth, ']');
    };
    EXPECT_EQ(read(nested(128)), nested(128));
    EXPECT_EQ(read(nested(129)), "1: this is nested deeper than 128 levels");
    EXPECT_EQ(read(nested(100'000)), "1: this is nested deeper than 128 levels");
}

}  // namespace
}  // namespace injector::offline
