#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>

#include "elector/runtime/json_text.h"
#include "elector/version.h"
#include "injector/admission/admission.h"
#include "injector/offline/manifest.h"
#include "injector/offline/yaml.h"
#include "tests/support/temporary_folder.h"

// Sends the cases of tests/golden, and those of tests/golden/offline, through `inject`.
namespace injector::offline {
namespace {

namespace json_text = elector::json_text;

const std::filesystem::path kFolder = GOLDEN_FOLDER;

std::string replaced(std::string text, const std::string& what, const std::string& with) {
    for (auto at = text.find(what); at != std::string::npos;
         at = text.find(what, at + with.size())) {
        text.replace(at, what.size(), with);
    }
    return text;
}

std::string contentsOf(const std::filesystem::path& path) {
    return replaced(elector::test::readText(path), "@VERSION@", elector::kVersion);
}

// The names of the files of `folder` that end in `ending`, without it.
std::set<std::string> casesWith(const std::filesystem::path& folder, const std::string& ending) {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string file = entry.path().filename();
        if (file.ends_with(ending)) {
            names.insert(file.substr(0, file.size() - ending.size()));
        }
    }
    return names;
}

std::string nameOf(const testing::TestParamInfo<std::string>& param) {
    std::string name = param.param;
    std::replace_if(name.begin(), name.end(), [](char c) { return c == '-' || c == '.'; }, '_');
    return name;
}

Manifest inject(const std::string& text) {
    config::InjectRequest request;
    request.space = "default";
    request.defaults.values["image"] = "leader-elector:golden";
    return injectManifest(text, "FILE", request);
}

// The JSON that a document, of YAML or JSON, is.
std::string compact(const std::string& json) {
    const auto read = readYaml(json);
    return std::get<YamlContent>(read).json;
}

// One case of the decision: a Pod, and what is expected of it.
class GoldenPodTest : public testing::TestWithParam<std::string> {
  protected:
    void SetUp() override {
        pod_ = contentsOf(kFolder / (GetParam() + ".pod.json"));
        const auto expected = contentsOf(kFolder / (GetParam() + ".expected.json"));
        verdict_ = *json_text::stringIn(*json_text::member(expected, "verdict"));
        reason_ = *json_text::stringIn(*json_text::member(expected, "reason"));
        patch_ = *json_text::member(expected, "patch");
    }

    // What the person who called is told.
    void expectSentences(const Manifest& manifest) const {
        std::string all;
        for (const auto* sentences : {&manifest.refusals, &manifest.notes}) {
            for (const auto& sentence : *sentences) {
                all += sentence + "\n";
            }
        }
        EXPECT_EQ(manifest.refusals.empty(), verdict_ != "refused" && verdict_ != "failed") << all;
        EXPECT_NE(all.find(reason_), std::string::npos) << all;
    }

    std::string pod_;
    std::string verdict_;
    std::string reason_;
    std::string patch_;
};

TEST_P(GoldenPodTest, IsInjectedAsJson) {
    const auto manifest = inject(pod_);
    expectSentences(manifest);
    if (manifest.refusals.empty()) {
        EXPECT_EQ(compact(manifest.text),
                  compact(verdict_ == "injected" ? admission::apply(pod_, patch_) : pod_));
        EXPECT_EQ(manifest.text == pod_, verdict_ != "injected");
        EXPECT_EQ(inject(manifest.text).text, manifest.text);
    }
}

TEST_P(GoldenPodTest, IsInjectedAsYaml) {
    const auto yaml = writeYaml(compact(pod_));
    const auto manifest = inject(yaml);
    expectSentences(manifest);
    if (manifest.refusals.empty()) {
        EXPECT_EQ(compact(manifest.text),
                  compact(verdict_ == "injected" ? admission::apply(pod_, patch_) : pod_));
        EXPECT_EQ(manifest.text == yaml, verdict_ != "injected");
        EXPECT_EQ(inject(manifest.text).text, manifest.text);
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenPodTest, testing::ValuesIn(casesWith(kFolder, ".pod.json")),
                         nameOf);

// One case of files: NAME.in.EXT, what is printed of it (NAME.out.EXT; none where it is refused),
// and what is said about it (NAME.said).
const std::filesystem::path kFiles = kFolder / "offline";

std::set<std::string> fileCases() {
    auto names = casesWith(kFiles, ".in.yaml");
    names.merge(casesWith(kFiles, ".in.json"));
    return names;
}

class GoldenFileTest : public testing::TestWithParam<std::string> {
  protected:
    GoldenFileTest()
        : extension_(std::filesystem::exists(path(".in.yaml")) ? ".yaml" : ".json"),
          manifest_(inject(elector::test::readText(path(".in" + extension_)))) {
        for (const auto& refusal : manifest_.refusals) {
            said_ += refusal + "\n";
        }
        for (const auto& note : manifest_.notes) {
            said_ += "note: " + note + "\n";
        }
    }

    std::filesystem::path path(const std::string& ending) const {
        return kFiles / (GetParam() + ending);
    }
    bool isRefused() const { return !manifest_.refusals.empty(); }

    void rewrite() const {
        const std::string version = "injected ";
        if (!isRefused()) {
            elector::test::writeText(
                path(".out" + extension_),
                replaced(manifest_.text, version + elector::kVersion, version + "@VERSION@"));
        }
        elector::test::writeText(path(".said"), said_);
    }

    std::string extension_;
    Manifest manifest_;
    std::string said_;
};

TEST_P(GoldenFileTest, ComesOutAsExpected) {
    if (std::getenv("GOLDEN_REWRITE") != nullptr) {
        rewrite();
        FAIL() << "rewritten, not compared";
    }
    EXPECT_EQ(said_, contentsOf(path(".said")));
    EXPECT_EQ(isRefused(), !std::filesystem::exists(path(".out" + extension_)));
    if (!isRefused()) {
        EXPECT_EQ(manifest_.text, contentsOf(path(".out" + extension_)));
    }
}

TEST_P(GoldenFileTest, IsNotChangedTheSecondTime) {
    if (!isRefused()) {
        EXPECT_EQ(inject(manifest_.text).text, manifest_.text);
    }
}

INSTANTIATE_TEST_SUITE_P(Golden, GoldenFileTest, testing::ValuesIn(fileCases()), nameOf);

TEST(GoldenFilesTest, BelongToACaseEach) {
    const auto cases = fileCases();
    EXPECT_GE(cases.size(), 10U);
    for (const auto& entry : std::filesystem::directory_iterator(kFiles)) {
        const std::string file = entry.path().filename();
        EXPECT_TRUE(file == "README.md" || cases.contains(file.substr(0, file.find('.')))) << file;
    }
}

}  // namespace
}  // namespace injector::offline
