#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/injector/check/scene.h"

namespace injector::check {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kHeadline = "its Pods get a sidecar";

// None of its Pods has a sidecar yet.
Scene beforeTheRollout() {
    Scene scene = goodScene();
    scene.facts.pods.pods.clear();
    return scene;
}

Scene withLimits(const std::string& limits) {
    Scene scene = beforeTheRollout();
    scene.facts.limitRanges.object =
        R"({"items":[{"metadata":{"name":"range"},"spec":{"limits":[{"type":"Container",)" +
        limits + R"(},{"type":"Pod","min":{"cpu":"7"}}]}}]})";
    return scene;
}

Scene withQuota(const std::string& hard, const std::string& used, const std::string& more = "") {
    Scene scene = beforeTheRollout();
    scene.facts.quotas.object = R"({"items":[{"metadata":{"name":"quota"},"spec":{"hard":{)" +
                                hard + "}" + more + R"(},"status":{"used":{)" + used + "}}}]}";
    return scene;
}

void expectRoom(const Scene& scene) {
    EXPECT_THAT(scene.findings(), Not(Contains(HasSubstr("resources:"))));
}

TEST(RoomTest, NamesTheAnnotationThatMeetsALimitRange) {
    expectProblem(
        withLimits(R"("min":{"memory":"64Mi"})"),
        "problem resources: the LimitRange range wants a request of at least 64Mi of memory, and "
        "the sidecar has 32Mi: set leader-elector.io/memory-request: \"64Mi\"",
        kHeadline);
    expectProblem(
        withLimits(R"("max":{"cpu":"40m"})"),
        "problem resources: the LimitRange range wants a limit of at most 40m of cpu, and the "
        "sidecar has 50m: set leader-elector.io/cpu-limit: \"40m\"",
        kHeadline);
    expectProblem(withLimits(R"("max":{"ephemeral-storage":"1Gi"})"),
                  "problem resources: the LimitRange range wants a limit of at most 1Gi of "
                  "ephemeral-storage, and the sidecar has none: set "
                  "leader-elector.io/ephemeral-storage-limit: \"1Gi\"",
                  kHeadline);
    Scene uneven = withLimits(R"("maxLimitRequestRatio":{"cpu":"2"})");
    uneven.facts.object = deployment(
        "", std::string(kAsks) +
                R"(,"leader-elector.io/cpu-request":"10m","leader-elector.io/cpu-limit":"50m")");
    expectProblem(
        uneven,
        "problem resources: the LimitRange range wants a limit of at most 2 times the request of "
        "cpu: set leader-elector.io/cpu-limit alone, which sets both",
        kHeadline);
}

TEST(RoomTest, HasNothingAgainstALimitRangeThatFits) {
    expectRoom(withLimits(R"("min":{"cpu":"10m"},"max":{"memory":"32Mi"})"));
    expectRoom(withLimits(R"("maxLimitRequestRatio":{"cpu":"1"})"));
    expectRoom(
        withLimits(R"("default":{"ephemeral-storage":"1Mi"},"max":{"ephemeral-storage":"1Gi"})"));
}

TEST(RoomTest, NamesTheAnnotationThatMeetsAQuota) {
    expectProblem(
        withQuota(R"("limits.ephemeral-storage":"1Gi")", ""),
        "problem resources: the ResourceQuota quota counts limits.ephemeral-storage, which every "
        "container has to say then, and the sidecar does not: set "
        "leader-elector.io/ephemeral-storage-limit",
        kHeadline);
    expectProblem(
        withQuota(R"("memory":"64Mi")", R"("memory":"48Mi")"),
        "problem resources: the ResourceQuota quota allows 64Mi of memory, of which 48Mi are "
        "used, and each sidecar takes 32Mi: raise the quota, or set "
        "leader-elector.io/memory-request to less",
        kHeadline);
}

TEST(RoomTest, HasNothingAgainstAQuotaThatFits) {
    expectRoom(withQuota(R"("requests.cpu":"1","pods":"3")", R"("requests.cpu":"950m")"));
    expectRoom(withQuota(R"("requests.cpu":"1m")", "", R"(,"scopes":["BestEffort"])"));
    // What runs with its sidecar is counted among what is used.
    Scene running = withQuota(R"("requests.cpu":"1")", R"("requests.cpu":"1")");
    running.facts.pods = goodScene().facts.pods;
    expectRoom(running);
}

TEST(RoomTest, SaysWhatCouldNotBeRead) {
    Scene scene = beforeTheRollout();
    scene.facts.quotas.problem = "forbidden";
    EXPECT_THAT(scene.findings(),
                Contains(HasSubstr("resources: the ResourceQuotas are not known: forbidden")));
}

}  // namespace
}  // namespace injector::check
