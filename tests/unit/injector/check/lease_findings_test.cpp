#include "injector/check/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "elector/runtime/time_text.h"
#include "tests/unit/injector/check/scene.h"

namespace injector::check {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::StartsWith;

TEST(LeaseFindingsTest, TellsHowTheLeaseStands) {
    auto scene = goodScene();
    scene.lease.now = *elector::runtime::parseRfc3339("2026-01-02T03:05:05Z");
    expectProblem(scene,
                  "problem lease: \"web-5d4f-a\" held the Lease \"web\", renewed 1m0s ago by this "
                  "machine's clock",
                  "its Pods get a sidecar");
    scene = goodScene();
    scene.lease.lease.object->replace(scene.lease.lease.object->find("web-5d4f-a"), 10, "");
    expectProblem(scene, "problem lease: nobody holds the Lease \"web\"", "its Pods get a sidecar");
    scene.lease.lease.object.reset();
    expectProblem(
        scene,
        "problem lease: there is no Lease \"web\" yet: the operator makes it for the first "
        "Pod",
        "its Pods get a sidecar");
    scene.facts.pods.pods.clear();
    scene.lease.role.object.reset();
    scene.lease.binding.object.reset();
    EXPECT_THAT(
        scene.findings(),
        AllOf(Contains("note lease: there is no Lease \"web\" yet: the operator makes it for "
                       "the first Pod"),
              Contains("note rights: there is no Role \"leader-elector:web\": the operator "
                       "makes it for the first Pod")));
    EXPECT_TRUE(scene.report().isWell);
}

TEST(LeaseFindingsTest, TellsThatSomebodyElseElectsByTheLease) {
    auto scene = goodScene();
    auto& lease = *scene.lease.lease.object;
    lease.replace(lease.find("leader-elector.io/session"), 25, "example.com/something");
    expectProblem(scene,
                  "problem conflict: no elector of ours made the Lease \"web\", held by "
                  "\"web-5d4f-a\", as it has neither the annotation leader-elector.io/session nor "
                  "the label app.kubernetes.io/managed-by: leader-elector-injector: while somebody "
                  "else elects by it, no rights on it are given; use another "
                  "leader-elector.io/lease-name, or end what uses it",
                  "its Pods get a sidecar");
}

TEST(LeaseFindingsTest, TellsWhatTheRightsLack) {
    auto scene = goodScene();
    scene.lease.role.object.reset();
    expectProblem(scene,
                  "problem rights: there is no Role \"leader-elector:web\": the operator makes it "
                  "for the first Pod",
                  "its Pods get a sidecar");
    scene = goodScene();
    scene.facts.pods.pods[0].account = "other";
    EXPECT_THAT(scene.findings(),
                AllOf(Contains("ok rights: the ServiceAccount \"default\" may campaign for it"),
                      Contains("problem rights: the ServiceAccount \"other\" may not campaign for "
                               "it")));
    scene = goodScene();
    auto& binding = *scene.lease.binding.object;
    binding.replace(binding.find("leader-elector-injector"), 23, "somebody");
    expectProblem(scene,
                  "problem rights: the RoleBinding \"leader-elector:web\" is not the operator's, "
                  "as it lacks the label app.kubernetes.io/managed-by: leader-elector-injector: no "
                  "rights are given; remove it, or use another leader-elector.io/lease-name",
                  "its Pods get a sidecar");
}

TEST(LeaseFindingsTest, NamesWhoElseCampaigns) {
    auto scene = goodScene();
    auto rival = injectedPod("db-1", "db");
    rival.record.facts->leaseName = "web";
    scene.facts.pods.pods.push_back(rival);
    expectProblem(scene,
                  "problem conflict: Deployment \"db\" campaigns for it too, and gets no rights, "
                  "as Deployment \"web\" has it: give one of them another "
                  "leader-elector.io/lease-name, or both leader-elector.io/shared: \"true\"",
                  "its Pods get a sidecar");
    for (auto& pod : scene.facts.pods.pods) {
        pod.record.shares = true;
    }
    EXPECT_THAT(scene.findings(),
                Contains("note shared: these share it, as they say: Deployment \"db\", Deployment "
                         "\"web\""));
    EXPECT_TRUE(scene.report().isWell);
}

TEST(LeaseFindingsTest, SaysThatRightsAddUp) {
    auto scene = goodScene();
    scene.facts.pods.pods.push_back(injectedPod("db-1", "db"));
    scene.facts.pods.pods.push_back(injectedPod("api-1", "api"));
    auto other = injectedPod("own-1", "own");
    other.account = "own";
    scene.facts.pods.pods.push_back(other);
    EXPECT_THAT(scene.findings(),
                Contains("note account: the ServiceAccount \"default\" also serves Pods that "
                         "campaign for api, db: rights add up, so that each of them may write all "
                         "of these Leases; give each workload a ServiceAccount of its own"));
    EXPECT_TRUE(scene.report().isWell);
}

TEST(LeaseFindingsTest, TakesTheServiceAccountOfTheTemplateWhereNoPodLives) {
    auto scene = goodScene();
    scene.facts.pods.pods = {injectedPod("db-1", "db")};
    scene.facts.pods.pods.front().account = "web-account";
    scene.facts.object.replace(scene.facts.object.find("\"containers\""), 0,
                               R"("serviceAccountName":"web-account",)");
    EXPECT_THAT(scene.findings(),
                Contains(StartsWith("note account: the ServiceAccount \"web-account\" also serves "
                                    "Pods that campaign for db")));
}

}  // namespace
}  // namespace injector::check
