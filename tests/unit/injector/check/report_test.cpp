#include "injector/check/diagnosis.h"

#include <gtest/gtest.h>

#include "elector/runtime/json_text.h"

namespace injector::check {
namespace {

Report sample() {
    Report report;
    report.subject = "Deployment/web in the namespace shop";
    report.headline = "its Pods get a sidecar";
    report.isWell = true;
    report.verdict = "injected";
    report.lease = "web";
    report.findings = {{Weight::Well, "annotation", "A"},
                       {Weight::Note, "pods", "B \"b\""},
                       {Weight::Problem, "lease", "C"}};
    report.pods = {
        {"shop", "web-1", "Deployment/web", "web", "injected", "0.1.0", "i:1", "Running", ""},
        {"shop", "w\n", "Deployment/web", "", "missed", "", "", "Running", "R"}};
    return report;
}

TEST(ReportTest, IsAlignedInWords) {
    EXPECT_EQ(inWords(sample()),
              "Deployment/web in the namespace shop: its Pods get a sidecar\n"
              "  ok       annotation  A\n"
              "  note     pods        B \"b\"\n"
              "  problem  lease       C\n"
              "  NAMESPACE  POD    WORKLOAD        LEASE  STATE     VERSION  IMAGE\n"
              "  shop       web-1  Deployment/web  web    injected  0.1.0    i:1\n"
              "  shop       w\\n    Deployment/web  -      missed    -        -\n");
    Report bare;
    bare.subject = "S";
    bare.headline = "H";
    EXPECT_EQ(inWords(bare), "S: H\n");
}

TEST(ReportTest, IsOneLineOfJson) {
    const auto json = asJson(sample());
    EXPECT_EQ(
        json,
        R"({"subject":"Deployment/web in the namespace shop","headline":"its Pods get a )"
        R"(sidecar","well":true,"verdict":"injected","lease":"web","findings":[)"
        R"({"weight":"ok","topic":"annotation","sentence":"A"},)"
        R"({"weight":"note","topic":"pods","sentence":"B \"b\""},)"
        R"({"weight":"problem","topic":"lease","sentence":"C"}],"pods":[)"
        R"({"namespace":"shop","name":"web-1","workload":"Deployment/web","lease":"web",)"
        R"("state":"injected","version":"0.1.0","image":"i:1","phase":"Running","reason":""},)"
        R"({"namespace":"shop","name":"w\n","workload":"Deployment/web","lease":"",)"
        R"("state":"missed","version":"","image":"","phase":"Running","reason":"R"}]})"
        "\n");
    EXPECT_TRUE(elector::json_text::isValid(json));
}

}  // namespace
}  // namespace injector::check
