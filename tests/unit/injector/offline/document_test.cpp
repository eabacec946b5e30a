#include "injector/offline/manifest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace injector::offline {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// The contents of a file's documents that have any, each behind its line; of JSON with a "J".
std::vector<std::string> contentsOf(const std::string& text) {
    std::vector<std::string> contents;
    for (const auto& document : splitDocuments(text)) {
        if (!document.content.empty()) {
            contents.push_back(std::to_string(document.line) + (document.isJson ? "J " : " ") +
                               std::string(document.content));
        }
    }
    return contents;
}

std::string joined(const std::string& text) {
    std::string all;
    for (const auto& document : splitDocuments(text)) {
        all += document.lead;
        all += document.content;
        all += document.tail;
        EXPECT_EQ(document.raw(), std::string(document.lead) + std::string(document.content) +
                                      std::string(document.tail));
    }
    return all;
}

TEST(DocumentTest, SplitsAtMarkers) {
    EXPECT_THAT(contentsOf("a: 1\n---\nb: 2\n--- # c\nd: 3\n...\n# x\n---\n\n---\ne: 4"),
                ElementsAre("1 a: 1\n", "3 b: 2\n", "5 d: 3\n", "11 e: 4"));
}

TEST(DocumentTest, TakesNoOtherLineForAMarker) {
    EXPECT_THAT(contentsOf("a: |\n  ---\n  ...\n----: 1\n...x: 2\n---x: 3\n"),
                ElementsAre("1 a: |\n  ---\n  ...\n----: 1\n...x: 2\n---x: 3\n"));
}

TEST(DocumentTest, KeepsApartWhatStandsBeforeAndBehind) {
    const auto documents =
        splitDocuments("# licence\n---\n# Source: x\n\na: 1 # y\n\n# end\n...\n");
    ASSERT_EQ(documents.size(), 2U);
    EXPECT_EQ(documents[0].lead, "# licence\n");
    EXPECT_EQ(documents[0].content, "");
    EXPECT_EQ(documents[1].lead, "---\n# Source: x\n\n");
    EXPECT_EQ(documents[1].content, "a: 1 # y\n\n");
    EXPECT_EQ(documents[1].tail, "# end\n...\n");
    EXPECT_EQ(documents[1].line, 5U);
}

TEST(DocumentTest, LeavesTheMarkerToContentInItsLine) {
    EXPECT_THAT(contentsOf("--- {a: 1}\n---\t[b]\n"),
                ElementsAre("1 --- {a: 1}\n", "2 ---\t[b]\n"));
}

TEST(DocumentTest, FindsNothingInNothing) {
    EXPECT_THAT(splitDocuments(""), IsEmpty());
    EXPECT_THAT(contentsOf("\n\n# a\n---\n---\n  \n...\n"), IsEmpty());
}

TEST(DocumentTest, SplitsJsonValuesInARow) {
    EXPECT_THAT(contentsOf("{\"a\": 1}\n {\"b\":\n2}{\"c\":3}\n"),
                ElementsAre("1J {\"a\": 1}", "2J {\"b\":\n2}", "3J {\"c\":3}"));
    EXPECT_THAT(contentsOf("---\n{\"a\":1}\n---\nb: 2\n"), ElementsAre("2J {\"a\":1}", "4 b: 2\n"));
}

TEST(DocumentTest, TakesJsonValuesInARowForOneDocumentWhereThereIsMore) {
    for (const std::string row : {"---\n{}{}\n", "# a\n{}{}\n", "{}{}\n# a\n", "{}{}\n---\n"}) {
        EXPECT_EQ(contentsOf(row).size(), 1U) << row;
    }
}

TEST(DocumentTest, TakesForYamlWhatIsNotAllJson) {
    EXPECT_THAT(contentsOf("{a: 1}\n"), ElementsAre("1 {a: 1}\n"));
    EXPECT_THAT(contentsOf("{\"a\":1} # b\n"), ElementsAre("1 {\"a\":1} # b\n"));
    EXPECT_THAT(contentsOf("{\"a\":1}\nb: 2\n"), ElementsAre("1 {\"a\":1}\nb: 2\n"));
}

TEST(DocumentTest, LeavesTheByteOrderMarkAside) {
    const auto documents = splitDocuments("\ufeff---\na: 1\n");
    ASSERT_EQ(documents.size(), 1U);
    EXPECT_EQ(documents[0].lead, "\ufeff---\n");
    EXPECT_EQ(documents[0].content, "a: 1\n");
}

TEST(DocumentTest, LosesNoByte) {
    const std::vector<std::string> parts{"---\n",   "---",       "...\n", "# c\n", "a: 1\n",
                                         "\n",      "{\"a\":1}", "{",     " ",     "\r\n",
                                         "--- x\n", "\ufeff",    "b"};
    // Every sequence of four parts.
    const auto count = parts.size();
    for (std::size_t number = 0; number < count * count * count * count; ++number) {
        const auto text = parts[number % count] + parts[number / count % count] +
                          parts[number / count / count % count] +
                          parts[number / count / count / count];
        ASSERT_EQ(joined(text), text);
    }
}

}  // namespace
}  // namespace injector::offline
