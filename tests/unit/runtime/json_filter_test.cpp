#include "elector/runtime/json_filter.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "elector/runtime/json_text.h"

namespace elector::json_text {
namespace {

using testing::ElementsAre;

constexpr std::size_t kPlenty = 1'000'000;
constexpr Keep kAll;

// What a filter keeps of `text`, however it is cut into pieces; "broken" where it is no JSON.
std::string kept(const Keep& keep, std::string_view text, std::size_t most = kPlenty) {
    std::string whole;
    for (const std::size_t piece : {text.size(), std::size_t{1}, std::size_t{3}}) {
        Filter filter(keep, most);
        for (std::size_t at = 0; at < text.size(); at += piece) {
            filter.take(text.substr(at, piece));
        }
        const std::string result = filter.isComplete() ? std::move(filter).finish() : "broken";
        EXPECT_TRUE(whole.empty() || whole == result) << text << " in pieces of " << piece;
        whole = result;
    }
    return whole;
}

constexpr std::array kMetadataMembers{Keep::Member{"managedFields", nullptr}};
constexpr Keep kMetadata{.members = kMetadataMembers};
constexpr std::array kObjectMembers{Keep::Member{"metadata", &kMetadata}};
constexpr Keep kObject{.members = kObjectMembers};

TEST(JsonFilterTest, KeepsAllWhereNothingElseIsSaid) {
    for (const char* text : {"{}", "[]", "null", "-1.5e3", "\"a\\\"b\\\\\"", "[ 1, {\"a\" : [] }]",
                             R"({"a":"}],{[","b":["\\",{}]})"}) {
        EXPECT_EQ(kept(kAll, text), text);
        EXPECT_EQ(kept(kAll, fmt::format(" {}\n", text)), text);
    }
}

TEST(JsonFilterTest, DropsAMemberAndKeepsTheOthersAsTheyCame) {
    EXPECT_EQ(kept(kObject, R"({"a":1.10,"metadata":{"name":"x","managedFields":[{"f":{}}],)"
                            R"("uid" : "u" },"z":[ 2 ]})"),
              R"({"a":1.10,"metadata":{"name":"x","uid":"u"},"z":[ 2 ]})");
    EXPECT_EQ(kept(kObject, R"({"metadata":{"managedFields":"]}"}})"), R"({"metadata":{}})");
    EXPECT_EQ(kept(kObject, R"({"metadata":{"managed\u0046ields":5,"b":6}})"),
              R"({"metadata":{"b":6}})");
    EXPECT_EQ(kept(kObject, R"({"metadata":[1]})"), R"({"metadata":[1]})") << "of another type";
    EXPECT_EQ(kept(kObject, R"({"metadata":null})"), R"({"metadata":null})");
}

TEST(JsonFilterTest, KeepsNothingOfWhatIsDroppedHoweverLongAndDeepItIs) {
    const std::string deep = std::string(300'000, '[') + std::string(300'000, ']');
    Filter filter(kObject, 100);
    for (const auto& piece :
         {std::string(R"({"metadata":{"managedFields":)"), deep, std::string(R"(,"uid":"u"}})")}) {
        filter.take(piece);
        EXPECT_LE(filter.text().size(), 100U);
    }
    EXPECT_TRUE(filter.isComplete());
    EXPECT_FALSE(filter.isTooLong());
    EXPECT_EQ(filter.text(), R"({"metadata":{"uid":"u"}})");
}

TEST(JsonFilterTest, RefusesWhatIsNoJsonAsFarAsItLooks) {
    for (const char* text : {"", " ", "{", "{}{}", "{} x", "{,}", "{\"metadata\"}", "{\"a\":1,}",
                             "{\"a\" 1}", "{\"a\":}", "{\"metadata\":{]}", "x", "]", "\"a", "{a:1}",
                             "{\"metadata\":{}}}", "{\"a\":1 2}", ",", "{\"metadata\":,}"}) {
        EXPECT_EQ(kept(kObject, text), "broken") << text;
    }
}

TEST(JsonFilterTest, SaysWhereMoreWouldHaveToBeKeptThanMayBe) {
    Filter filter(kObject, 22);
    filter.take(R"({"a":"0123456789","b":)");
    EXPECT_FALSE(filter.isTooLong());
    filter.take(R"("0123456789","c":1})");
    EXPECT_TRUE(filter.isTooLong());
    EXPECT_TRUE(filter.isComplete());
    EXPECT_EQ(filter.text(), R"({"a":"0123456789"})");
    filter.reset();
    filter.take(R"({"d":1})");
    EXPECT_FALSE(filter.isTooLong());
    EXPECT_EQ(filter.text(), R"({"d":1})");
    Filter scalar(kAll, 5);
    scalar.take("\"0123456789\"");
    EXPECT_TRUE(scalar.isTooLong());
    EXPECT_EQ(scalar.text(), "");
}

constexpr Keep kShort{.most = 6};
constexpr std::array kListed{Keep::Member{"name", &kShort}, Keep::Member{"not", nullptr}};
constexpr Keep kOurs{.members = kListed, .othersBeginWith = "our/", .others = &kShort, .most = 40};

TEST(JsonFilterTest, LeavesOutWhatDoesNotFitMemberByMember) {
    EXPECT_EQ(kept(kOurs, R"({"name":"abcd","our/a":"abcde","our/b":"b","foreign":"c","not":1})"),
              R"({"name":"abcd","our/b":"b"})");
    EXPECT_EQ(kept(kOurs, R"({"our/a":"aaa","our/b":"bbb","our/c":"ccc","our/d":"ddd","name":""})"),
              R"({"our/a":"aaa","our/b":"bbb","name":""})");
    Filter filter(kOurs, kPlenty);
    filter.take(R"({"our/a":"abcdefgh","name":"abcdefgh","foreign":"abcdefgh","our/b":"b"})");
    EXPECT_EQ(filter.leftOut(), 2U) << "of what is wanted";
    EXPECT_FALSE(filter.isTooLong());
    const std::string longKey = fmt::format(R"({{"our/{}":1,"our/b":2}})", std::string(99, 'k'));
    EXPECT_EQ(kept(kOurs, longKey), R"({"our/b":2})");
}

bool isWanted(std::string_view element) {
    return textAt(element, "manager") == "us";
}
constexpr Keep kEntry{.most = 40};
constexpr Keep kWanted{.elements = &kEntry, .isWanted = &isWanted};

TEST(JsonFilterTest, KeepsTheElementsThatAreWanted) {
    EXPECT_EQ(kept(kWanted, R"([{"manager":"kubectl"},{"manager":"us","a":1},5,)"
                            R"({"manager":"us","a":"0123456789012345678901234567890"},)"
                            R"({"a":{},"manager":"us"}])"),
              R"([{"manager":"us","a":1},{"a":{},"manager":"us"}])");
}

constexpr std::array kItemMembers{Keep::Member{"name", &kShort}};
constexpr Keep kItem{.members = kItemMembers, .dropsOthers = true};
constexpr Keep kItems{.elements = &kItem, .isHandedOut = true};
constexpr std::array kListMembers{Keep::Member{"items", &kItems}};
constexpr Keep kList{.members = kListMembers};

TEST(JsonFilterTest, HandsOutElementsAndKeepsNoneOfThem) {
    std::vector<std::string> elements;
    Filter filter(kList, 60, [&](const Filter::Element& element) {
        elements.push_back(fmt::format("{} {}", element.text, element.leftOut));
    });
    std::string list = R"({"kind":"List","items":[)";
    for (int index = 0; index < 1000; ++index) {
        list += R"({"name":"x","spec":[[{"deep":"}"}]]}, )";
    }
    list += R"({"name":"too long"},5 ],"metadata":{"resourceVersion":"7"}})";
    for (std::size_t at = 0; at < list.size(); at += 10) {
        filter.take(std::string_view(list).substr(at, 10));
        ASSERT_LE(filter.text().size(), 70U);
    }
    EXPECT_TRUE(filter.isComplete());
    EXPECT_FALSE(filter.isTooLong());
    EXPECT_EQ(filter.text(), R"({"kind":"List","items":[],"metadata":{"resourceVersion":"7"}})");
    ASSERT_EQ(elements.size(), 1002U);
    EXPECT_EQ(elements[0], R"({"name":"x"} 0)");
    EXPECT_EQ(elements[999], R"({"name":"x"} 0)");
    EXPECT_EQ(elements[1000], "{} 1");
    EXPECT_EQ(elements[1001], "5 0");
}

}  // namespace
}  // namespace elector::json_text
