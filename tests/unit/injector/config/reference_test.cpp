#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "elector/config/options.h"
#include "injector/admission/annotations.h"
#include "injector/admission/options.h"
#include "injector/config/flags.h"
#include "tests/unit/injector/config/documents.h"

// The reference tables of the documentation, and what the chart passes on, are those of the table
// of options.
namespace injector::config {
namespace {

using admission::Option;
using testing::HasSubstr;

using Cells = std::vector<std::string>;

std::string quoted(std::string_view text) {
    return "`" + std::string(text) + "`";
}

std::vector<std::string> quotedIn(const std::string& cell) {
    std::vector<std::string> texts;
    const std::regex code("`([^`]+)`");
    for (auto found = std::sregex_iterator(cell.begin(), cell.end(), code);
         found != std::sregex_iterator(); ++found) {
        texts.push_back((*found)[1]);
    }
    return texts;
}

// The rows of the table in `path` whose head begins with `head`, without their bars.
std::vector<Cells> tableIn(const std::string& path, const std::string& head) {
    std::istringstream lines(documentAt(path));
    std::vector<Cells> rows;
    bool isInside = false;
    for (std::string line; std::getline(lines, line);) {
        isInside = line.starts_with(head) || (isInside && line.starts_with("|"));
        if (isInside && !line.starts_with(head) && !line.starts_with("|--")) {
            std::istringstream cells(line.substr(1));
            rows.emplace_back();
            for (std::string cell; std::getline(cells, cell, '|');) {
                rows.back().push_back(cell);
            }
        }
    }
    return rows;
}

TEST(ReferenceTest, OfTheElectorNamesEachFlagWithItsVariableAndDefault) {
    std::map<std::string, Cells> rows;
    for (const char* document : {"README.md", "docs/health.md"}) {
        for (const Cells& row : tableIn(document, "| flag | environment | default |")) {
            ASSERT_GE(row.size(), 4U);
            for (const std::string& flag : quotedIn(row[0])) {
                EXPECT_TRUE(rows.emplace(flag, row).second) << flag << " stands there twice";
            }
        }
    }
    std::set<std::string> known;
    for (const auto& flag : elector::config::runFlags()) {
        if (!flag.replacement.empty()) {
            continue;
        }
        known.insert("--" + std::string(flag.name));
        if (!flag.letter.empty()) {
            known.insert("-" + std::string(flag.letter));
        }
        const Cells row = rows["--" + std::string(flag.name)];
        ASSERT_GE(row.size(), 4U) << flag.name << " is missing";
        EXPECT_THAT(row[1], HasSubstr(quoted(flag.environment))) << flag.name;
        if (!flag.fallback.empty()) {
            EXPECT_THAT(row[2], HasSubstr(quoted(flag.fallback))) << flag.name;
        }
        EXPECT_EQ(flag.shown == "required", row[2] == " required ") << flag.name;
    }
    for (const auto& [flag, row] : rows) {
        EXPECT_TRUE(known.contains(flag)) << flag << " is no flag";
    }
}

// In code that begins with a flag, or with one of our programs: elsewhere flags are of others'.
TEST(ReferenceTest, NamesNoFlagThatThereIsNot) {
    // Of scripts of the tests.
    std::set<std::string, std::less<>> known{"--at", "--help", "--keep"};
    for (const auto& flags :
         {elector::config::runFlags(), elector::config::execFlags(), elector::config::copyFlags(),
          elector::config::statusFlags(), elector::config::probeFlags(),
          elector::config::stepDownFlags(), elector::config::handOverFlags(),
          elector::config::oldNames(), webhookFlags(), operatorFlags(), injectFlags(), checkFlags(),
          leaderFlags()}) {
        for (const auto& flag : flags) {
            known.insert("--" + std::string(flag.name));
        }
    }
    const std::regex code(R"((?:`|\n|\$ )((?:--|leader-elector|kubectl leader)[^`\n]*))");
    const std::regex flag("(?:^| )(--[a-z][a-z-]*)");
    std::size_t count = 0;
    for (const std::string& path : documents()) {
        const std::string text = documentAt(path);
        for (std::sregex_iterator span(text.begin(), text.end(), code), end; span != end; ++span) {
            const std::string words = span->str(1).substr(0, span->str(1).find(" -- "));
            for (std::sregex_iterator found(words.begin(), words.end(), flag); found != end;
                 ++found) {
                EXPECT_TRUE(known.contains(found->str(1))) << path << ": " << words;
                ++count;
            }
        }
    }
    EXPECT_GE(count, 80U);
}

TEST(ReferenceTest, OfTheInjectorNamesEachAnnotationInTheOrderOfTheTable) {
    std::vector<std::string> documented;
    for (const Cells& row : tableIn("docs/injector.md", "| `leader-elector.io/...` |")) {
        for (std::string& name : quotedIn(row.at(0))) {
            documented.push_back(std::move(name));
        }
    }
    const auto names = admission::annotationNames();
    EXPECT_EQ(documented, std::vector<std::string>(names.begin(), names.end()));
}

// The chart's value for an option: "sidecar.leaseDuration", "sidecar.resources.limits.cpu".
std::string chartValueOf(std::string_view option) {
    for (const std::string end : {"-request", "-limit"}) {
        if (option.ends_with(end)) {
            const std::string resource(option.substr(0, option.size() - end.size()));
            return "sidecar.resources." + end.substr(1) + "s." + resource;
        }
    }
    std::string name;
    bool isUpper = false;
    for (const char c : option) {
        if (c != '-') {
            name += isUpper ? static_cast<char>(std::toupper(c)) : c;
        }
        isUpper = c == '-';
    }
    return "sidecar." + name;
}

TEST(ReferenceTest, OfTheChartHasAValueForEachDefaultOfSidecars) {
    const std::string deployment = documentAt("charts/leader-elector/templates/deployment.yaml");
    std::map<std::string, Cells> rows;
    for (const Cells& row : tableIn("charts/leader-elector/README.md", "| value | default |")) {
        if (const auto names = quotedIn(row.at(0)); !names.empty()) {
            rows[names.front()] = row;
        }
    }
    for (const Option& option : admission::sidecarOptions()) {
        if (option.releaseFlag.empty()) {
            continue;
        }
        EXPECT_THAT(deployment, HasSubstr("- --" + std::string(option.releaseFlag) + "={{"));
        const std::string value = chartValueOf(option.flag.name);
        const Cells row = rows[value];
        ASSERT_GE(row.size(), 3U) << value << " is missing";
        const std::string_view fallback = option.flag.fallback;
        if (option.isElectors) {
            EXPECT_THAT(row[1], HasSubstr("`\"\"`")) << value;
            EXPECT_THAT(row[2], HasSubstr("the elector's default, " + std::string(fallback)));
        } else if (!fallback.empty()) {
            EXPECT_THAT(row[1], HasSubstr("\"" + std::string(fallback) + "\"")) << value;
        }
    }
}

// A row of the table needs no other line of C++ to be a flag of the injector.
TEST(ReferenceTest, OfTheWebhookAndOfInjectHasAFlagForEachDefaultOfSidecars) {
    for (const auto& flags : {webhookFlags(), injectFlags()}) {
        std::set<std::string_view> names;
        for (const auto& flag : flags) {
            EXPECT_TRUE(names.insert(flag.name).second) << flag.name << " stands there twice";
        }
        for (const Option& option : admission::sidecarOptions()) {
            EXPECT_TRUE(option.releaseFlag.empty() || names.contains(option.releaseFlag));
        }
    }
}

}  // namespace
}  // namespace injector::config
