#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/version.h"
#include "injector/admission/admission.h"
#include "injector/admission/review.h"
#include "tests/unit/injector/admission/review_support.h"

// Runs the cases of tests/golden, whose README.md says what is in the files.
namespace injector::admission {
namespace {

namespace json_text = elector::json_text;
using elector::runtime::jsonString;

const std::filesystem::path kFolder = GOLDEN_FOLDER;
constexpr const char* kInput = ".pod.json";
constexpr const char* kExpected = ".expected.json";

std::string contentsOf(const std::filesystem::path& path) {
    std::ifstream stream(path);
    std::ostringstream text;
    text << stream.rdbuf();
    std::string contents = text.str();
    constexpr std::string_view kVersion = "@VERSION@";
    for (auto at = contents.find(kVersion); at != std::string::npos;
         at = contents.find(kVersion, at)) {
        contents.replace(at, kVersion.size(), elector::kVersion);
    }
    return contents;
}

// The names of the cases: those of the files that end in `ending`.
std::set<std::string> casesWith(const std::string& ending) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        const std::string file = entry.path().filename();
        if (file.ends_with(ending)) {
            names.insert(file.substr(0, file.size() - ending.size()));
        }
    }
    return names;
}

std::string inputOf(const std::string& name) {
    return contentsOf(kFolder / (name + kInput));
}

// JSON without the blanks between its parts.
std::string compact(std::string_view json) {
    std::string text;
    bool inString = false;
    bool escaped = false;
    for (const char c : json) {
        if (!inString && std::string_view(" \t\r\n").find(c) != std::string_view::npos) {
            continue;
        }
        inString = inString != (c == '"' && !escaped);
        escaped = inString && c == '\\' && !escaped;
        text += c;
    }
    return text;
}

// The same, over lines; of a text without blanks between its parts.
std::string indented(std::string_view json) {
    std::string text;
    std::string indent = "\n";
    bool inString = false;
    bool escaped = false;
    for (std::size_t i = 0; i < json.size(); ++i) {
        const char c = json[i];
        inString = inString != (c == '"' && !escaped);
        escaped = inString && c == '\\' && !escaped;
        const bool opens = !inString && (c == '{' || c == '[');
        const bool closes = !inString && (c == '}' || c == ']');
        const bool isEmpty = opens && (json[i + 1] == '}' || json[i + 1] == ']');
        if (isEmpty) {
            text += json.substr(i++, 2);
            continue;
        }
        if (closes) {
            indent.resize(indent.size() - 2);
            text += indent;
        }
        text += c;
        if (opens) {
            indent += "  ";
        }
        text += opens || (!inString && c == ',') ? indent : !inString && c == ':' ? " " : "";
    }
    return text + "\n";
}

Defaults goldenDefaults() {
    Defaults defaults;
    defaults.values["image"] = "leader-elector:golden";
    return defaults;
}

std::string spaceOf(const std::string& pod) {
    const auto space =
        json_text::member(json_text::member(pod, "metadata").value_or(""), "namespace");
    return space ? json_text::stringIn(*space).value_or("") : "default";
}

// What the file of an expectation says, of a decision.
std::string expectationOf(const Decision& decision) {
    return "{\"verdict\":" + jsonString(toString(decision.verdict)) +
           ",\"reason\":" + jsonString(decision.reason) + ",\"patch\":" + decision.patch + "}";
}

// Writes what is decided now over what was expected, for a person to look at the differences.
void rewrite(const std::string& name, const Decision& decision) {
    std::string text = indented(expectationOf(decision));
    const std::string version = elector::kVersion;
    for (auto at = text.find("injected " + version); at != std::string::npos;
         at = text.find("injected " + version, at)) {
        text.replace(at, 9 + version.size(), "injected @VERSION@");
    }
    std::ofstream(kFolder / (name + kExpected)) << text;
}

TEST(GoldenTest, HasAnInputForEachExpectationAndAnExpectationForEachInput) {
    EXPECT_EQ(casesWith(kInput), casesWith(kExpected));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
        files += entry.is_directory() || entry.path().filename() == "README.md" ? 0 : 1;
    }
    EXPECT_EQ(files, casesWith(kInput).size() + casesWith(kExpected).size())
        << "a file in " << kFolder << " is of no case";
    EXPECT_GE(casesWith(kInput).size(), 50U);
}

class GoldenCaseTest : public testing::TestWithParam<std::string> {};

TEST_P(GoldenCaseTest, IsDecidedAsExpected) {
    const std::string pod = inputOf(GetParam());
    const Decision decision = admit(pod, spaceOf(pod), goldenDefaults());
    if (std::getenv("GOLDEN_REWRITE") != nullptr) {
        rewrite(GetParam(), decision);
        FAIL() << "rewritten, not compared";
    }
    EXPECT_EQ(expectationOf(decision), compact(contentsOf(kFolder / (GetParam() + kExpected))));
    EXPECT_LT(decision.reason.size(), 256U);
}

TEST_P(GoldenCaseTest, IsAnsweredInAReviewAsItIsDecided) {
    const std::string pod = inputOf(GetParam());
    const Decision decision = admit(pod, spaceOf(pod), goldenDefaults());
    const ReviewAnswer answer = review(reviewOf(pod, spaceOf(pod)), goldenDefaults());
    const ReadAnswer read = readAnswer(answer);
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.verdict, decision.verdict);
    EXPECT_EQ(read.allowed, decision.verdict != Verdict::Refused);
    EXPECT_EQ(read.message, decision.verdict == Verdict::Refused ? decision.reason : "");
    EXPECT_EQ(read.patch, decision.patch == "[]" ? "" : decision.patch);
    EXPECT_EQ(read.patchType, decision.patch == "[]" ? "" : "JSONPatch");
}

TEST(GoldenTest, EachPodThatGetsNoSidecarIsCountedByOneOfTheCausesThereAre) {
    std::set<std::pair<Verdict, std::string_view>> seen;
    for (const std::string& name : casesWith(kInput)) {
        const std::string pod = inputOf(name);
        const Decision decision = admit(pod, spaceOf(pod), goldenDefaults());
        const bool isKept =
            decision.verdict == Verdict::Skipped || decision.verdict == Verdict::Refused;
        EXPECT_EQ(isKept, !decision.cause.empty()) << name;
        EXPECT_EQ(review(reviewOf(pod, spaceOf(pod)), goldenDefaults()).cause, decision.cause);
        if (isKept) {
            seen.emplace(decision.verdict, decision.cause);
        }
    }
    std::set<std::pair<Verdict, std::string_view>> all(kCauses.begin(), kCauses.end());
    // Of the release's namespace, and of absurdly long lists: no golden Pods.
    all.erase({Verdict::Skipped, "own pod"});
    all.erase({Verdict::Refused, "too long"});
    EXPECT_EQ(seen, all);
}

// What is taken out of the patched Pod again is the Pod as it was, byte for byte, and the second
// decision about it changes nothing.
TEST_P(GoldenCaseTest, IsPatchedOnceAndNotTwice) {
    const std::string pod = inputOf(GetParam());
    const Decision first = admit(pod, spaceOf(pod), goldenDefaults());
    const std::string patched = admission::apply(pod, first.patch);
    EXPECT_EQ(patched == pod, first.patch == "[]");
    const Decision second = admit(patched, spaceOf(pod), goldenDefaults());
    EXPECT_EQ(second.patch, "[]");
    if (first.verdict == Verdict::Injected) {
        EXPECT_EQ(second.verdict, Verdict::Already);
        EXPECT_EQ(second.leaseName, first.leaseName);
    } else {
        EXPECT_EQ(second.verdict, first.verdict);
        EXPECT_EQ(second.reason, first.reason);
    }
}

std::string nameOf(const testing::TestParamInfo<std::string>& param) {
    std::string name = param.param;
    std::ranges::replace(name, '-', '_');
    return name;
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenCaseTest, testing::ValuesIn(casesWith(kInput)), nameOf);

}  // namespace
}  // namespace injector::admission
