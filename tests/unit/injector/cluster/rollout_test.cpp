#include "injector/cluster/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace injector::cluster {
namespace {

using testing::HasSubstr;

std::string why(std::string_view kind, const std::string& spec, const std::string& status,
                int generation = 2) {
    const auto* found = findWorkloadKind(kind == "CronJob" ? "batch/v1" : "apps/v1", kind);
    return whyPodsStay(*found, R"({"metadata":{"generation":)" + std::to_string(generation) +
                                   R"(},"spec":{)" + spec + R"(},"status":{)" + status + "}}");
}

constexpr const char* kOld = R"("observedGeneration":2,"replicas":3,"updatedReplicas":1)";
constexpr const char* kNew = R"("observedGeneration":2,"replicas":3,"updatedReplicas":3)";

TEST(RolloutTest, GetsOnByItself) {
    EXPECT_EQ(why("Deployment", "", kOld), "");
    EXPECT_EQ(why("StatefulSet", R"("updateStrategy":{"type":"RollingUpdate"})", kOld), "");
    EXPECT_EQ(why("CronJob", "", ""), "");
}

TEST(RolloutTest, IsHeldBackWhileThereAreOldPods) {
    EXPECT_THAT(why("Deployment", R"("paused":true)", kOld), HasSubstr("rollout resume"));
    EXPECT_EQ(why("Deployment", R"("paused":true)", kNew), "");
    EXPECT_THAT(why("Deployment", R"("paused":true)", kNew, 3), HasSubstr("rollout resume"))
        << "its controller has not looked yet";
    const auto* onDelete = R"("updateStrategy":{"type":"OnDelete"})";
    EXPECT_THAT(why("StatefulSet", onDelete, kOld), HasSubstr("delete its Pods"));
    EXPECT_THAT(
        why("DaemonSet", onDelete,
            R"("observedGeneration":2,"currentNumberScheduled":2,"updatedNumberScheduled":1)"),
        HasSubstr("delete its Pods"));
    EXPECT_EQ(why("DaemonSet", onDelete, R"("observedGeneration":1)"), "") << "there are none";
    EXPECT_THAT(why("StatefulSet", R"("updateStrategy":{"rollingUpdate":{"partition":2}})", kOld),
                HasSubstr("the partition 2"));
    EXPECT_THAT(why("CronJob", "", R"("active":[{"name":"a"}])"), HasSubstr("runs on without"));
}

TEST(RolloutTest, DoesNotGetOn) {
    EXPECT_EQ(
        why("Deployment", "",
            R"("conditions":[{"type":"ReplicaFailure","status":"True","message":"no room"}])"),
        "new Pods cannot be made: no room");
    const std::string late =
        R"("conditions":[{"type":"Progressing","status":"False","message":"late"}],)";
    EXPECT_EQ(why("Deployment", "", late + kOld), "its rollout does not get on: late");
    EXPECT_EQ(why("Deployment", "", late + kNew), "");
}

TEST(RolloutTest, IsUnderWayUntilAllPodsAreNew) {
    const auto object = [](const std::string& status) {
        return R"({"metadata":{"generation":2},"status":{)" + status + "}}";
    };
    EXPECT_TRUE(isRollingOut(object(kOld)));
    EXPECT_TRUE(isRollingOut(object(R"("observedGeneration":1)")));
    EXPECT_FALSE(isRollingOut(object(kNew)));
    EXPECT_FALSE(isRollingOut(object("")));
}

}  // namespace
}  // namespace injector::cluster
