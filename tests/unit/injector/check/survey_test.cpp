#include "injector/check/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/unit/injector/check/scene.h"

namespace injector::check {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> sentencesOf(const Report& report) {
    std::vector<std::string> sentences;
    for (const auto& finding : report.findings) {
        sentences.push_back(finding.topic + ": " + finding.sentence);
    }
    return sentences;
}

TEST(SurveyTest, IsContentWithCurrentSidecars) {
    const PodFacts facts{{injectedPod("a", "web"), injectedPod("b", "db")}, ""};
    const auto report = survey(facts, "", "0.1.0");
    EXPECT_EQ(report.subject, "Pods in all namespaces");
    EXPECT_EQ(report.headline, "2 with their sidecar, 0 outdated, 0 missed, 0 passed over");
    EXPECT_TRUE(report.isWell);
    EXPECT_THAT(report.findings, IsEmpty());
    EXPECT_EQ(report.pods.size(), 2U);
}

TEST(SurveyTest, IsContentWhereNothingAsks) {
    const auto report = survey({}, "shop", "0.1.0");
    EXPECT_EQ(report.subject, "Pods in the namespace shop");
    EXPECT_EQ(report.headline, "no Pod asks for a sidecar");
    EXPECT_TRUE(report.isWell);
}

TEST(SurveyTest, FindsOutdatedMissedAndSkippedPods) {
    PodFacts facts{{injectedPod("a", "web"), injectedPod("b", "web"), injectedPod("c", "web"),
                    injectedPod("d", "web"), injectedPod("e", "web")},
                   ""};
    facts.pods[1].record.facts->hasSidecar = false;
    facts.pods[1].record.status = "";
    facts.pods[2].record.status = "skipped: Pods for Windows get no sidecar";
    facts.pods[3] = facts.pods[1];
    facts.pods[3].phase = "Failed";
    facts.pods[4] = facts.pods[1];
    facts.pods[4].record.asks = false;
    const auto report = survey(facts, "shop", "0.2.0");
    EXPECT_FALSE(report.isWell);
    EXPECT_EQ(report.headline, "0 with their sidecar, 1 outdated, 1 missed, 1 passed over");
    EXPECT_THAT(
        sentencesOf(report),
        ElementsAre("skipped: shop/c: Pods for Windows get no sidecar",
                    "outdated: 1 have a sidecar of an older version than this program's, 0.2.0: "
                    "restart their workloads (kubectl rollout restart) to replace it",
                    "missed: 1 ask for a sidecar and came up without: delete them, and the next "
                    "ones get it"));
    EXPECT_EQ(report.pods.size(), 3U);
}

TEST(SurveyTest, IsNotContentWithHalfOfTheTruth) {
    const auto report = survey({{injectedPod("a", "web")}, "P"}, "shop", "0.1.0");
    EXPECT_FALSE(report.isWell);
    EXPECT_THAT(sentencesOf(report), ElementsAre("unread: not all Pods are known: P"));
}

}  // namespace
}  // namespace injector::check
