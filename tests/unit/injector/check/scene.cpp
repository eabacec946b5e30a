#include "tests/unit/injector/check/scene.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "elector/runtime/time_text.h"
#include "injector/check/diagnosis.h"

namespace injector::check {

const char* const kAsks = R"("leader-elector.io/inject":"true")";

std::string deployment(const std::string& itself, const std::string& onTemplate) {
    return R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"web","namespace":"shop",)"
           R"("annotations":{)" +
           itself + R"(}},"spec":{"template":{"metadata":{"labels":{"app":"web"},"annotations":{)" +
           onTemplate + R"(}},"spec":{"containers":[{"name":"web","image":"web:1"}]}}}})";
}

PodFact injectedPod(const std::string& name, const std::string& workload) {
    PodFact pod;
    pod.record.key = {"shop", name};
    pod.record.uid = "uid-of-" + name;
    pod.record.asks = true;
    pod.record.labelled = true;
    pod.record.status = "injected 0.1.0";
    pod.record.annotatedLease = workload;
    pod.record.controller =
        operators::OwnerReference{"apps/v1", "ReplicaSet", workload + "-5d4f", "uid-of-set", true};
    operators::PodFacts facts;
    facts.serviceAccount = "default";
    facts.hasSidecar = true;
    facts.leaseName = workload;
    facts.workload = {"apps/v1", "Deployment", workload, "uid-of-" + workload, true};
    pod.account = facts.serviceAccount;
    pod.workload = facts.workload;
    pod.record.facts = facts;
    pod.image = "leader-elector:0.1.0";
    pod.phase = "Running";
    return pod;
}

Scene goodScene() {
    Scene scene;
    scene.facts.target = parseTarget("deployment/web", "shop");
    scene.facts.object = deployment("", kAsks);
    scene.facts.space.object =
        R"({"metadata":{"name":"shop","labels":{"kubernetes.io/metadata.name":"shop"}}})";
    auto& installation = scene.facts.installation;
    installation.webhooks.push_back(
        {"leader-elector",
         R"({"name":"inject.leader-elector.io","failurePolicy":"Fail","clientConfig":{"caBundle":)"
         R"("QQ==","service":{"name":"leader-elector-webhook","namespace":"electors"}},)"
         R"("namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name",)"
         R"("operator":"NotIn","values":["kube-system"]}]},"objectSelector":{},)"
         R"("matchConditions":[{"name":"annotated"},{"name":"not-the-injector"}]})"});
    installation.space = "electors";
    admission::Defaults defaults;
    defaults.values["image"] = "leader-elector:0.1.0";
    installation.defaults = defaults;
    scene.facts.pods.pods = {injectedPod("web-5d4f-a", "web"), injectedPod("web-5d4f-b", "web")};
    const std::string meta =
        R"("metadata":{"name":"leader-elector:web","namespace":"shop","uid":"u","resourceVersion":"1",)"
        R"("labels":{"app.kubernetes.io/managed-by":"leader-elector-injector"},"ownerReferences":)"
        R"([{"apiVersion":"apps/v1","kind":"Deployment","name":"web","uid":"uid-of-web"}]})";
    scene.lease.role.object = "{" + meta + "}";
    scene.lease.binding.object =
        "{" + meta +
        R"(,"subjects":[{"kind":"ServiceAccount","name":"default","namespace":"shop"}]})";
    scene.lease.lease.object =
        R"({"metadata":{"name":"web","namespace":"shop","uid":"l","resourceVersion":"7",)"
        R"("annotations":{"leader-elector.io/session":"1/2"}},"spec":{)"
        R"("holderIdentity":"web-5d4f-a","leaseDurationSeconds":10,)"
        R"("renewTime":"2026-01-02T03:04:05.000000Z"}})";
    scene.lease.now = *elector::runtime::parseRfc3339("2026-01-02T03:04:08Z");
    return scene;
}

Report Scene::report() const {
    return diagnose(facts, judge(facts), lease, "0.1.0");
}

std::vector<std::string> Scene::findings() const {
    static const char* const kWeights[] = {"ok", "note", "problem"};
    std::vector<std::string> texts;
    for (const auto& finding : report().findings) {
        texts.push_back(fmt::format("{} {}: {}", kWeights[static_cast<int>(finding.weight)],
                                    finding.topic, finding.sentence));
    }
    return texts;
}

void expectProblem(const Scene& scene, const std::string& finding, const std::string& headline) {
    const auto report = scene.report();
    EXPECT_FALSE(report.isWell);
    EXPECT_EQ(report.headline, headline);
    EXPECT_THAT(scene.findings(), testing::Contains(finding));
}

}  // namespace injector::check
