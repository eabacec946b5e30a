#include "injector/cluster/rollout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "elector/names.h"

namespace injector::cluster {
namespace {

namespace names = elector::names;
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

TEST(RolloutTest, SaysWhatItsControllerSaidOfPodsThatItLacks) {
    const auto* sets = findWorkloadKind("apps/v1", "DaemonSet");
    EXPECT_EQ(whyPodsStay(*sets, R"({"status":{"desiredNumberScheduled":1}})", "no room"),
              "new Pods cannot be made: no room");
    EXPECT_EQ(whyPodsStay(*sets,
                          R"({"status":{"desiredNumberScheduled":1,"currentNumberScheduled":1,)"
                          R"("updatedNumberScheduled":1}})",
                          "no room"),
              "")
        << "that is over";
    const auto* events = R"({"items":[
        {"reason":"FailedCreate","message":"old","lastTimestamp":"2026-01-01T00:00:00Z"},
        {"reason":"FailedCreate","message":"new","lastTimestamp":"2026-01-02T00:00:00Z"},
        {"reason":"Other","message":"other","lastTimestamp":"2026-01-03T00:00:00Z"}]})";
    EXPECT_EQ(newestMessage(events, isFailedCreate), "new");
    EXPECT_EQ(newestMessage("{}", isFailedCreate), "");
}

TEST(RolloutTest, AJobLacksPodsWhileItRunsFewerThanItIsTo) {
    const auto lacks = [](const std::string& spec, const std::string& status) {
        return lacksPods(*findWorkloadKind("batch/v1", "Job"),
                         R"({"spec":{)" + spec + R"(},"status":{)" + status + "}}");
    };
    EXPECT_TRUE(lacks("", ""));
    EXPECT_FALSE(lacks("", R"("active":1)"));
    EXPECT_FALSE(lacks(R"("suspend":true)", ""));
    EXPECT_TRUE(lacks(R"("parallelism":3,"completions":5)", R"("active":2,"succeeded":2)"));
    EXPECT_FALSE(lacks(R"("parallelism":3,"completions":5)", R"("active":2,"succeeded":3)"));
    EXPECT_FALSE(lacks(R"("parallelism":3)", R"("active":2,"succeeded":1)")) << "one has ended it";
    for (const auto* end : {"Complete", "Failed"}) {
        const auto condition =
            R"("conditions":[{"type":")" + std::string(end) + R"(","status":"True"}])";
        EXPECT_FALSE(lacks("", condition));
    }
}

TEST(RolloutTest, WaitsForPodsThatAreNotReady) {
    const auto waitOfKind = [](const char* kind, const std::string& spec,
                               const std::string& status) {
        return waitOf(
            *findWorkloadKind("apps/v1", kind),
            R"({"metadata":{"generation":2},"spec":{)" + spec + R"(},"status":{)" + status + "}}");
    };
    using std::chrono_literals::operator""min;
    using std::chrono_literals::operator""s;
    const std::string two = std::string(kOld) + R"(,"currentReplicas":2)";
    const auto first = waitOfKind("StatefulSet", "", two + R"(,"readyReplicas":1)");
    EXPECT_EQ(first->patience, 15s);
    EXPECT_THAT(first->why, HasSubstr("delete those"));
    EXPECT_EQ(waitOfKind("StatefulSet", "", two + R"(,"readyReplicas":2)")->patience, 10min)
        << "a new one is not ready yet";
    const auto one = waitOfKind("StatefulSet", "",
                                std::string(kOld) + R"(,"currentReplicas":1,"readyReplicas":1)");
    EXPECT_EQ(one->patience, 10min) << "an old one may take its time to stop";
    EXPECT_EQ(one->why, first->why);
    EXPECT_EQ(waitOfKind("StatefulSet", R"("podManagementPolicy":"Parallel")", kOld)->patience,
              10min);
    EXPECT_EQ(waitOfKind("Deployment", "", kOld)->patience, 10min);
    EXPECT_FALSE(waitOfKind("StatefulSet", "", kNew));
}

TEST(RolloutTest, AJobOfBeforeIsOneThatWasScheduledBeforeTheTemplateWasAnnotated) {
    const auto runsOn = [](const std::string& status) {
        const auto entry = [](const std::string& time, const std::string& annotation) {
            return R"({"time":")" + time +
                   R"(","fieldsV1":{"f:spec":{"f:jobTemplate":{"f:spec":{"f:template":)"
                   R"({"f:metadata":{"f:annotations":{"f:)" +
                   annotation + R"(":{}}}}}}}}})";
        };
        return !whyPodsStay(*findWorkloadKind("batch/v1", "CronJob"),
                            R"({"metadata":{"managedFields":[)" +
                                entry("2026-01-01T10:00:30Z", names::kCopiedAnnotation) + "," +
                                entry("2026-01-01T11:00:00Z", "example.com/other") +
                                R"(]},"status":{)" + status + "}}")
                    .empty();
    };
    const std::string one = R"("active":[{"name":"a"}],)";
    EXPECT_TRUE(runsOn(one + R"("lastScheduleTime":"2026-01-01T10:00:00Z")"));
    EXPECT_FALSE(runsOn(one + R"("lastScheduleTime":"2026-01-01T10:01:00Z")"));
    EXPECT_TRUE(runsOn(R"("active":[{"name":"a"},{"name":"b"}],)"
                       R"("lastScheduleTime":"2026-01-01T10:01:00Z")"))
        << "one of them may be of before";
}

TEST(RolloutTest, NamesTheAnnotationsThatBearOnAQuotaOrALimitRange) {
    const auto remedyFor = [](const std::string& message) {
        const auto* kind = findWorkloadKind("apps/v1", "StatefulSet");
        const auto text = whyPodsStay(*kind, "{}", message);
        return text.substr(text.find(message) + message.size());
    };
    for (const auto* message :
         {"exceeded quota: q, requested: requests.cpu=10m", "failed quota: q: must specify cpu",
          "minimum cpu usage per Container is 50m, but request is 10m",
          "cpu max limit to request ratio per Container is 2"}) {
        EXPECT_EQ(remedyFor(message),
                  "; what a sidecar takes of it is set by leader-elector.io/cpu-{request,limit}");
    }
    EXPECT_THAT(remedyFor("exceeded quota: q, requested: limits.cpu=1,limits.memory=1Gi"),
                HasSubstr("cpu-{request,limit}, leader-elector.io/memory-{request,limit}"));
    EXPECT_EQ(remedyFor("exceeded quota: q, requested: pods=1"), "; raise the quota");
    EXPECT_EQ(remedyFor("a policy wants no cpu"), "");
}

TEST(RolloutTest, IsUnderWayUntilAllPodsAreNew) {
    const auto object = [](const std::string& status) {
        return R"({"metadata":{"generation":2},"status":{)" + status + "}}";
    };
    const auto isUnderWay = [&](const char* kind, const std::string& status) {
        return isRollingOut(*findWorkloadKind("apps/v1", kind), object(status));
    };
    EXPECT_TRUE(isUnderWay("Deployment", kOld));
    EXPECT_TRUE(isUnderWay("Deployment", R"("observedGeneration":1)"));
    EXPECT_FALSE(isUnderWay("Deployment", kNew));
    EXPECT_FALSE(isUnderWay("Deployment", ""));
    EXPECT_TRUE(isUnderWay("DaemonSet", R"("desiredNumberScheduled":1)")) << "one is to be made";
    EXPECT_TRUE(isUnderWay("StatefulSet", R"("replicas":0)"));
    EXPECT_FALSE(
        isUnderWay("StatefulSet", R"("observedGeneration":2,"replicas":1,"updatedReplicas":1)"));
}

}  // namespace
}  // namespace injector::cluster
