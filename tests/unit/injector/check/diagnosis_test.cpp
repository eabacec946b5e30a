#include "injector/check/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "elector/runtime/time_text.h"
#include "injector/cluster/rollout.h"
#include "tests/unit/injector/check/scene.h"

namespace injector::check {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// All sentences, where all is well.
TEST(DiagnosisTest, IsContentWhereAllIsWell) {
    const auto scene = goodScene();
    EXPECT_THAT(
        scene.findings(),
        ElementsAre("ok annotation: its Pod template has annotations of ours",
                    "ok decision: its Pods campaign for the Lease \"web\"",
                    "ok webhook: the configuration \"leader-elector\" sends the Pods of this "
                    "namespace to the injector",
                    "ok webhook: while the injector cannot be asked, Pods that ask for a sidecar "
                    "are refused and tried again (failurePolicy Fail)",
                    "ok settings: sidecars run the image leader-elector:0.1.0 by default",
                    "note health: nothing tells the sidecar whether the program works, so that it "
                    "leads for one that hangs, too: better set leader-elector.io/health-url, "
                    "leader-elector.io/health-file or leader-elector.io/health (docs/health.md)",
                    "ok pods: 2 of its Pods have their sidecar",
                    "ok lease: \"web-5d4f-a\" holds the Lease \"web\", renewed 3s ago by this "
                    "machine's clock",
                    "ok rights: the ServiceAccount \"default\" may campaign for it"));
    const auto report = scene.report();
    EXPECT_EQ(report.subject, "Deployment/web in the namespace shop");
    EXPECT_EQ(report.headline, "its Pods get a sidecar");
    EXPECT_TRUE(report.isWell);
    EXPECT_EQ(report.verdict, "injected");
    EXPECT_EQ(report.lease, "web");
    EXPECT_EQ(report.pods.size(), 2U);
}

TEST(DiagnosisTest, RecommendsAGateForTheProgramsHealth) {
    const auto recommends = [](const std::string& annotation) {
        auto scene = goodScene();
        scene.facts.object = deployment("", kAsks + annotation);
        EXPECT_TRUE(scene.report().isWell);
        return testing::Value(scene.findings(), Contains(HasSubstr("note health: ")));
    };
    EXPECT_TRUE(recommends(""));
    EXPECT_TRUE(recommends(R"(,"leader-elector.io/health":"none")"));
    EXPECT_FALSE(recommends(R"(,"leader-elector.io/health":"asked")"));
    EXPECT_FALSE(recommends(R"(,"leader-elector.io/health-url":"http://localhost:80/")"));
    EXPECT_FALSE(recommends(R"(,"leader-elector.io/health-file":"/run/app/alive")"));
    auto scene = goodScene();
    scene.facts.object = deployment("", "");
    EXPECT_THAT(scene.findings(), Not(Contains(HasSubstr("health: "))));
}

// The host finding where the template's spec has this member; "" where there is none.
std::string hostFinding(const std::string& member, const std::string& env,
                        const std::string& target = "deployment/web") {
    auto scene = goodScene();
    scene.facts.target = parseTarget(target, "shop");
    auto& object = scene.facts.object;
    object = deployment("", kAsks + (R"(,"leader-elector.io/env":")" + env + "\""));
    const std::string mark = R"("spec":{"containers")";
    object.replace(object.find(mark), mark.size(), R"("spec":{)" + member + R"("containers")");
    for (const auto& finding : scene.findings()) {
        if (finding.starts_with("note host: ")) {
            EXPECT_TRUE(scene.report().isWell);
            return finding;
        }
    }
    return "";
}

TEST(DiagnosisTest, WarnsProgramsThatKnowThemselvesByTheirHost) {
    EXPECT_EQ(hostFinding(R"("hostNetwork":true,)", "nais"),
              "note host: a program that compares the leader's name with its host's never leads, "
              "as its host is not called as its Pod is (hostNetwork): let it ask for isLeader in "
              "/api/leader, or for /api/is-leader");
    EXPECT_THAT(hostFinding(R"("setHostnameAsFQDN":true,)", "nais"), HasSubstr("(setHostname"));
    EXPECT_THAT(hostFinding(R"("hostname":"a",)", "nais"), HasSubstr("(hostname)"));
    EXPECT_EQ(hostFinding(R"("hostname":"a",)", "nais", "statefulset/web"), "");
    EXPECT_EQ(hostFinding(R"("hostNetwork":false,)", "nais"), "");
    EXPECT_EQ(hostFinding("", "nais"), "");
    EXPECT_EQ(hostFinding(R"("hostNetwork":true,)", "own"), "");
    auto scene = goodScene();
    scene.facts.object = deployment("", std::string(kAsks) + R"(,"leader-elector.io/env":"nais")");
    scene.facts.pods.pods.push_back(injectedPod(std::string(64, 'a'), "web"));
    EXPECT_THAT(scene.findings(), Contains(HasSubstr("(a name of more than 63 characters)")));
    scene.facts.pods.pods.back().record.key.name.pop_back();
    EXPECT_THAT(scene.findings(), Not(Contains(HasSubstr("note host: "))));
}

TEST(DiagnosisTest, SaysHowToAskWhereNothingAsks) {
    auto scene = goodScene();
    scene.facts.object = deployment("", "");
    scene.facts.pods.pods.clear();
    expectProblem(
        scene,
        "note annotation: neither it nor its Pod template has one; ask for sidecars with: "
        "kubectl annotate -n shop Deployment/web leader-elector.io/inject=true",
        "its Pods get no sidecar: none asked");
    EXPECT_THAT(scene.findings(), Contains("note pods: none of its Pods lives"));
}

TEST(DiagnosisTest, TellsWhatTheOperatorWillCopy) {
    auto scene = goodScene();
    scene.facts.object = deployment(kAsks, "");
    EXPECT_THAT(scene.findings(),
                Contains("note annotation: it has some itself that its Pod template has not: the "
                         "operator will copy them, and its Pods are replaced then"));
    EXPECT_EQ(scene.report().verdict, "injected");
    EXPECT_TRUE(scene.report().isWell);
    scene.facts.object = deployment(kAsks, kAsks);
    EXPECT_THAT(scene.findings(),
                Contains("ok annotation: its own are copied to its Pod template"));
}

TEST(DiagnosisTest, FindsACopyThatNeverComes) {
    auto scene = goodScene();
    scene.facts.object = deployment(kAsks, "");
    scene.facts.now = scene.lease.now;
    scene.facts.annotated = scene.facts.now - std::chrono::seconds(30);
    EXPECT_THAT(scene.findings(), Contains(HasSubstr("the operator will copy them")));
    scene.facts.annotated = scene.facts.now - std::chrono::seconds(31);
    expectProblem(scene,
                  "problem annotation: its own are not on its Pod template, though they are 31s "
                  "old: the operator does not copy them; see whether it runs, in the namespace "
                  "electors, and what its log says",
                  "its Pods get a sidecar");
    scene.facts.told = "no rights";
    EXPECT_THAT(scene.findings(), Contains(HasSubstr("the operator says: no rights")));
}

TEST(DiagnosisTest, FindsARolloutThatDoesNotGetOn) {
    auto scene = goodScene();
    const auto stands = [&](const char* kind) {
        scene.facts.target = parseTarget(std::string(kind) + "/web", "shop");
        return testing::Matcher<const std::vector<std::string>&>(
            Contains(HasSubstr("problem rollout: it")));
    };
    scene.facts.object = deployment(kAsks, kAsks);
    scene.facts.rollout = R"({"status":{"replicas":2,"updatedReplicas":1,"currentReplicas":1}})";
    scene.facts.now = scene.lease.now;
    scene.facts.annotated = scene.facts.now - std::chrono::seconds(30);
    EXPECT_THAT(scene.findings(), Not(stands("statefulset"))) << "it may start yet";
    scene.facts.annotated = scene.facts.now - std::chrono::seconds(31);
    EXPECT_THAT(scene.findings(), stands("statefulset"));
    EXPECT_THAT(scene.findings(), Not(stands("deployment"))) << "it may get on yet";
    scene.facts.stays =
        "Pods do not: " + cluster::waitOf(*scene.facts.target.kind, scene.facts.rollout)->why;
    EXPECT_THAT(scene.findings(), stands("deployment")) << "the operator has seen that it does not";
}

TEST(DiagnosisTest, KnowsWhenAWorkloadWasAnnotated) {
    const auto managed = [](const std::string& fields, const char* time) {
        return R"({"time":")" + std::string(time) +
               R"(","fieldsV1":{"f:metadata":{"f:annotations":{)" + fields + "}}}}";
    };
    const auto annotated =
        annotatedAt(R"({"metadata":{"managedFields":[)" +
                    managed(R"("f:leader-elector.io/inject":{})", "2026-01-02T00:00:00Z") + "," +
                    managed(R"("f:leader-elector.io/port":{})", "2026-01-01T00:00:00Z") + "," +
                    managed(R"("f:example.com/x":{})", "2026-01-03T00:00:00Z") + "]}}");
    EXPECT_EQ(annotated, elector::runtime::parseRfc3339("2026-01-02T00:00:00Z"));
    EXPECT_EQ(annotatedAt("{}"), std::nullopt);
}

TEST(DiagnosisTest, SaysWhatMakesTheWorkload) {
    const auto made = [](const std::string& target, const std::string& owner) {
        auto scene = goodScene();
        scene.facts.target = parseTarget(target, "shop");
        scene.facts.pods.pods.clear();
        scene.facts.object =
            R"({"metadata":{"name":"web","namespace":"shop","uid":"u","ownerReferences":[{)" +
            owner +
            R"(,"name":"main","uid":"m","controller":true}]},"spec":{"template":{"metadata":)"
            R"({"annotations":{"leader-elector.io/inject":"true"}},"spec":{"containers":[{"name":"web",)"
            R"("image":"web:1"}]}}}})";
        return scene.findings();
    };
    EXPECT_THAT(
        made("job/web", R"("apiVersion":"batch/v1","kind":"CronJob")"),
        Contains("problem lease: its Lease would be called after it, and it is one of those "
                 "that the CronJob \"main\" makes: its Pods get no rights; set "
                 "leader-elector.io/lease-name on the Pod template"));
    EXPECT_THAT(made("deployment/web", R"("apiVersion":"example.com/v1","kind":"App")"),
                Contains("note lease: the App \"main\" controls it: if that makes one for each "
                         "version, set leader-elector.io/lease-name on the Pod template, so that "
                         "all have one Lease"));
}

TEST(DiagnosisTest, TellsWhatTheOperatorWillNotCopy) {
    auto scene = goodScene();
    scene.facts.object = deployment(kAsks, "");
    scene.facts.installation.copiesAnnotations = false;
    expectProblem(scene,
                  "problem annotation: those of its own have no effect: the operator was told not "
                  "to copy annotations: annotate the Pod template",
                  "its Pods get no sidecar: none asked");

    scene = goodScene();
    scene.facts.object =
        R"({"metadata":{"name":"web","annotations":{"leader-elector.io/inject":"true"},)"
        R"("ownerReferences":[{"controller":true}]},"spec":{"template":{}}})";
    expectProblem(scene,
                  "problem annotation: those of its own have no effect: a controller owns it, "
                  "which would undo it: annotate that",
                  "its Pods get no sidecar: none asked");

    scene.facts.target = parseTarget("rs/web", "shop");
    expectProblem(scene,
                  "problem annotation: those of its own have no effect: those of a ReplicaSet are "
                  "not copied to its Pods: annotate its Pod template",
                  "its Pods get no sidecar: none asked");
}

TEST(DiagnosisTest, KnowsThatTheTemplateOfARunningJobCannotBeChanged) {
    auto scene = goodScene();
    scene.facts.target = parseTarget("job/web", "shop");
    const std::string head =
        R"({"metadata":{"name":"web","annotations":{"leader-elector.io/inject":"true"}},"spec":{)";
    const std::string rest = R"("template":{"spec":{"containers":[{"name":"a"}]}}}})";
    scene.facts.object = head + rest;
    expectProblem(scene,
                  "problem annotation: those of its own have no effect: the template of a Job "
                  "cannot be changed once it runs: annotate spec.template and create it again",
                  "its Pods get no sidecar: none asked");
    scene.facts.object = head + R"("suspend":true,)" + rest;
    EXPECT_EQ(scene.report().verdict, "injected");
}

TEST(DiagnosisTest, TellsWhatIsRefusedAndWhatIsPassedOver) {
    auto scene = goodScene();
    scene.facts.object = deployment("", R"("leader-elector.io/inject":"yes")");
    expectProblem(scene,
                  "problem decision: its Pods are refused: annotation leader-elector.io/inject "
                  "\"yes\" is refused: allowed are true and false",
                  "its Pods are not made as they are asked for");

    scene = goodScene();
    scene.facts.target = parseTarget("deployment/web", "kube-system");
    expectProblem(scene,
                  "problem decision: passed over: Pods in the namespace kube-system get no "
                  "sidecar",
                  "its Pods get no sidecar");

    scene = goodScene();
    scene.facts.object = deployment("", R"("leader-elector.io/port":"5050")");
    expectProblem(scene,
                  "note decision: the Pod has annotations of the injector, but not "
                  "leader-elector.io/inject \"true\"; so it gets no sidecar",
                  "its Pods get no sidecar: none asked");
}

TEST(DiagnosisTest, JudgesByTheDefaultsOfTheRelease) {
    auto scene = goodScene();
    scene.facts.installation.defaults->values["lease-duration"] = "10s";
    scene.facts.object = deployment(
        "", R"("leader-elector.io/inject":"true","leader-elector.io/lease-renew-duration":"10s")");
    EXPECT_EQ(scene.report().verdict, "refused");
    scene.facts.installation.defaults->values["lease-duration"] = "60s";
    EXPECT_EQ(scene.report().verdict, "injected");
}

TEST(DiagnosisTest, SaysWhereNothingIsInstalled) {
    auto scene = goodScene();
    scene.facts.installation.webhooks.clear();
    expectProblem(scene,
                  "problem webhook: the injector is not installed: no MutatingWebhookConfiguration "
                  "has the webhook inject.leader-elector.io; install the chart",
                  "its Pods would get a sidecar, but nothing asks the injector");
}

TEST(DiagnosisTest, SaysWhichSelectorLeavesThePodsOut) {
    auto scene = goodScene();
    auto& webhook = scene.facts.installation.webhooks.front().webhook;
    const auto good = webhook;
    webhook.replace(webhook.find("\"NotIn\""), 7, "\"In\"");
    expectProblem(scene,
                  "problem webhook: the namespaceSelector of the configuration \"leader-elector\" "
                  "leaves out the namespace shop: "
                  R"({\"matchExpressions\":[{\"key\":\"kubernetes.io/metadata.name\",)"
                  R"(\"operator\":\"In\",\"values\":[\"kube-system\"]}]})",
                  "its Pods would get a sidecar, but nothing asks the injector");
    webhook = good;
    webhook.replace(webhook.find("\"objectSelector\":{}"), 19,
                    R"("objectSelector":{"matchLabels":{"app":"db"}})");
    expectProblem(scene,
                  "problem webhook: the objectSelector of the configuration \"leader-elector\" "
                  R"(leaves out Pods with the labels of these: {\"matchLabels\":{\"app\":\"db\"}})",
                  "its Pods would get a sidecar, but nothing asks the injector");
}

TEST(DiagnosisTest, FindsOneConfigurationOfSeveralThatSuffices) {
    auto scene = goodScene();
    auto other = scene.facts.installation.webhooks.front();
    other.configuration = "other";
    other.webhook.replace(other.webhook.find("\"NotIn\""), 7, "\"In\"");
    scene.facts.installation.webhooks.push_back(other);
    EXPECT_EQ(scene.report().headline, "its Pods get a sidecar");
}

TEST(DiagnosisTest, SaysWhereTheApiServerCannotTrustTheInjector) {
    auto scene = goodScene();
    auto& webhook = scene.facts.installation.webhooks.front().webhook;
    webhook.replace(webhook.find("QQ=="), 4, "");
    expectProblem(scene,
                  "problem webhook: the configuration \"leader-elector\" has no caBundle, so that "
                  "the API server cannot trust the injector: it comes from the operator, from "
                  "cert-manager or from the chart's value certificates.secret.caBundle",
                  "its Pods would get a sidecar, but nothing asks the injector");
}

TEST(DiagnosisTest, NamesConditionsThatItDoesNotJudge) {
    auto scene = goodScene();
    auto& webhook = scene.facts.installation.webhooks.front().webhook;
    webhook.replace(webhook.find("{\"name\":\"annotated\"}"), 20,
                    R"({"name":"not-on-mondays"},{"name":"annotated"})");
    EXPECT_THAT(scene.findings(),
                Contains("note webhook: it does so where its matchConditions hold, which are not "
                         "judged here: not-on-mondays"));
    EXPECT_TRUE(scene.report().isWell);
}

TEST(DiagnosisTest, SaysWhatAnOutageMeans) {
    auto scene = goodScene();
    auto& webhook = scene.facts.installation.webhooks.front().webhook;
    webhook.replace(webhook.find("\"Fail\""), 6, "\"Ignore\"");
    EXPECT_THAT(scene.findings(),
                Contains("ok webhook: while the injector cannot be asked, Pods that ask for a "
                         "sidecar start without one (failurePolicy Ignore)"));
}

TEST(DiagnosisTest, SaysWhatItCouldNotRead) {
    auto scene = goodScene();
    scene.facts.space = {std::nullopt, "P1"};
    scene.facts.installation.defaults.reset();
    scene.facts.installation.defaultsProblem = "P2";
    scene.facts.pods.problem = "P3";
    scene.lease.role = {std::nullopt, "P4"};
    scene.lease.binding = {std::nullopt, "P5"};
    scene.lease.lease = {std::nullopt, "P6"};
    EXPECT_THAT(
        scene.findings(),
        AllOf(Contains("note webhook: whether the configuration \"leader-elector\" selects the "
                       "namespace is not known: P1"),
              Contains("note settings: the release's settings for sidecars are not known, so this "
                       "program's own defaults were judged by: P2"),
              Contains("note pods: not all Pods are known: P3"),
              Contains("note rights: the Role \"leader-elector:web\" could not be read: P4"),
              Contains("note rights: the RoleBinding \"leader-elector:web\" could not be read: P5"),
              Contains("note lease: the Lease \"web\" could not be read: P6")));
    EXPECT_TRUE(scene.report().isWell);
    scene.facts.installation.problem = "P7";
    EXPECT_THAT(scene.findings(),
                Contains("note webhook: whether the injector is installed is not known: P7"));
}

TEST(DiagnosisTest, CountsPodsThatAreNotAsTheyShallBe) {
    auto scene = goodScene();
    auto& pods = scene.facts.pods.pods;
    pods = {injectedPod("a", "web"), injectedPod("b", "web"), injectedPod("c", "web"),
            injectedPod("d", "web"), injectedPod("e", "web"), injectedPod("f", "other")};
    pods[1].record.status = "injected 0.0.9";
    pods[2].record.status = "";
    pods[2].record.facts->hasSidecar = false;
    pods[3].record.status = "skipped: x";
    pods[4] = pods[2];
    pods[4].record.key.name = "e";
    pods[4].record.asks = false;
    EXPECT_THAT(
        scene.findings(),
        AllOf(Contains("ok pods: 1 of its Pods have their sidecar"),
              Contains("problem pods: 1 of its Pods have a sidecar of an older version than this "
                       "program's, 0.1.0: restart them (kubectl rollout restart) to replace it"),
              Contains("problem pods: 1 of its Pods ask for a sidecar and came up without: delete "
                       "them, and the next ones get it"),
              Contains("note pods: 1 of its Pods were passed over, for the reason in their status"),
              Contains("note pods: 1 of its Pods ask for no sidecar; they are older than the "
                       "annotation, if there is one")));
    EXPECT_EQ(scene.report().pods.size(), 5U);
    EXPECT_FALSE(scene.report().isWell);
}

TEST(DiagnosisTest, PassesOverPodsThatHaveEnded) {
    auto scene = goodScene();
    scene.facts.pods.pods[0].phase = "Succeeded";
    scene.facts.pods.pods[0].record.status = "injected 0.0.1";
    EXPECT_TRUE(scene.report().isWell);
    EXPECT_EQ(scene.report().pods.size(), 1U);
}

TEST(DiagnosisTest, JudgesALivingPod) {
    auto scene = goodScene();
    scene.facts.target = parseTarget("pod/web-5d4f-a", "shop");
    const std::string head =
        R"({"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-5d4f-a","labels":{"app":"web"},)"
        R"("annotations":{"leader-elector.io/inject":"true","leader-elector.io/lease-name":"web")";
    scene.facts.object = head + R"(}},"spec":{"containers":[{"name":"web"}]}})";
    EXPECT_EQ(scene.report().headline,
              "it asked for a sidecar, and has none: delete it, and the next one gets it");
    EXPECT_FALSE(scene.report().isWell);
    scene.facts.object =
        head +
        R"(,"leader-elector.io/status":"injected 0.1.0"}},"spec":{"initContainers":[{"name":)"
        R"("leader-elector","restartPolicy":"Always","volumeMounts":[{"name":"leader-elector-token"}]}],)"
        R"("volumes":[{"name":"leader-elector-token"}],"containers":[{"name":"web"}]}})";
    EXPECT_EQ(scene.report().headline, "it has its sidecar");
    EXPECT_EQ(scene.report().verdict, "already");
    EXPECT_TRUE(scene.report().isWell);
    EXPECT_EQ(scene.report().pods.size(), 1U);
    // And needs no webhook any more.
    scene.facts.installation.webhooks.clear();
    EXPECT_TRUE(scene.report().isWell);
}

TEST(DiagnosisTest, KeepsForeignTextOutOfItsLines) {
    auto scene = goodScene();
    scene.facts.pods.pods[0].record.facts->leaseName = "other\n\x1b[2J";
    for (const auto& finding : scene.findings()) {
        EXPECT_THAT(finding, Not(HasSubstr("\n")));
        EXPECT_THAT(finding, Not(HasSubstr("\x1b")));
    }
}

}  // namespace
}  // namespace injector::check
