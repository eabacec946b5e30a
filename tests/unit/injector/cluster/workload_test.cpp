#include "injector/cluster/workload.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace injector::cluster {
namespace {

struct Owner {
    std::string apiVersion;
    std::string kind;
    std::string name;
};

OwnerReference referenceTo(const Owner& owner) {
    return {owner.apiVersion, owner.kind, owner.name, "", true};
}

struct OwnedPod {
    Owner owner;
    std::string hash;
    std::string name;
};

TEST(WorkloadTest, IsKnownInAnyVersionOfItsGroup) {
    EXPECT_EQ(findWorkloadKind("apps/v1", "Deployment"),
              findWorkloadKind("apps/v1beta1", "Deployment"));
    EXPECT_NE(findWorkloadKind("v1", "Pod"), nullptr);
    EXPECT_EQ(findWorkloadKind("apps/v1", "Pod"), nullptr);
    EXPECT_EQ(findWorkloadKind("v1", "Deployment"), nullptr);
    EXPECT_EQ(findWorkloadKind("serving.knative.dev/v1", "Service"), nullptr);
}

TEST(WorkloadTest, IsToldByTheNameOfTheController) {
    const std::vector<OwnedPod> cases{
        {{"apps/v1", "ReplicaSet", "web-5d9c"}, "5d9c", "web"},
        {{"apps/v1", "ReplicaSet", "web-a-5d9c"}, "5d9c", "web-a"},
        {{"apps/v1", "ReplicaSet", "web-5d9c"}, "", "web-5d9c"},
        {{"apps/v1", "ReplicaSet", "web-5d9c"}, "ffff", "web-5d9c"},
        {{"apps/v1", "ReplicaSet", "web5d9c"}, "5d9c", "web5d9c"},
        {{"apps/v1", "ReplicaSet", "-5d9c"}, "5d9c", "-5d9c"},
        {{"apps/v1", "ReplicaSet", "5d9c"}, "5d9c", "5d9c"},
        {{"example.com/v1", "ReplicaSet", "web-5d9c"}, "5d9c", "web-5d9c"},
        {{"batch/v1", "Job", "report-29650320"}, "", "report"},
        {{"batch/v1", "Job", "report-26800000"}, "", "report"},
        {{"batch/v1", "Job", "report-26799999"}, "", "report-26799999"},
        {{"batch/v1", "Job", "report-20260131"}, "", "report-20260131"},
        {{"batch/v1", "Job", "report-50000001"}, "", "report-50000001"},
        {{"batch/v1", "Job", "report-2965032"}, "", "report-2965032"},
        {{"batch/v1", "Job", "report-2965032x"}, "", "report-2965032x"},
        {{"batch/v1", "Job", "29650320"}, "", "29650320"},
        {{"batch/v1", "Job", "-29650320"}, "", "-29650320"},
        {{"example.com/v1", "Job", "report-29650320"}, "", "report-29650320"},
        {{"apps/v1", "StatefulSet", "db-29650320"}, "29650320", "db-29650320"},
        {{"apps/v1", "DaemonSet", "agent"}, "", "agent"},
        {{"v1", "ReplicationController", "old"}, "", "old"},
        {{"example.com/v1", "Database", "main"}, "", "main"},
    };
    for (const auto& [owner, hash, name] : cases) {
        for (const auto* label : {"pod-template-hash", "rollouts-pod-template-hash"}) {
            const auto workload = workloadByName(referenceTo(owner), {{label, hash}});
            EXPECT_EQ(workload.name, name) << owner.apiVersion << " " << owner.name;
            EXPECT_EQ(workload.kind == owner.kind, name == owner.name) << workload.kind;
        }
    }
    const auto ofRollout = workloadByName(referenceTo({"apps/v1", "ReplicaSet", "web-5d9c"}),
                                          {{"rollouts-pod-template-hash", "5d9c"}});
    EXPECT_EQ(ofRollout.kind, "Rollout");
}

TEST(WorkloadTest, IsOneForAllVersionsThatALabelTiesTogether) {
    for (const auto* version : {"1", "2"}) {
        const auto config = workloadByName(
            referenceTo({"v1", "ReplicationController", std::string("web-") + version}),
            {{"deploymentconfig", "web"}});
        EXPECT_EQ(config.kind, "DeploymentConfig");
        EXPECT_EQ(config.name, "web");
        const auto revision = std::string("web-0000") + version + "-deployment";
        const Labels labels{{"pod-template-hash", "5d9c"},
                            {"serving.knative.dev/configuration", "web"}};
        for (const auto& controller : {Owner{"apps/v1", "ReplicaSet", revision + "-5d9c"},
                                       Owner{"apps/v1", "Deployment", revision}}) {
            const auto configuration = workloadByName(referenceTo(controller), labels);
            EXPECT_EQ(configuration.apiVersion, "serving.knative.dev/v1");
            EXPECT_EQ(configuration.kind, "Configuration");
            EXPECT_EQ(configuration.name, "web");
        }
    }
    EXPECT_EQ(
        workloadByName(referenceTo({"apps/v1", "StatefulSet", "db"}),
                       {{"deploymentconfig", "web"}, {"serving.knative.dev/configuration", "web"}})
            .name,
        "db");
}

TEST(WorkloadTest, HasALeaseThatIsCalledAfterIt) {
    const auto job = referenceTo({"batch/v1", "Job", "by-hand"});
    const auto cronJob = referenceTo({"batch/v1", "CronJob", "report"});
    EXPECT_TRUE(isCalledAfterMaker("by-hand", job, cronJob));
    EXPECT_FALSE(isCalledAfterMaker("report", job, cronJob)) << "as lease-name says";
    EXPECT_FALSE(isCalledAfterMaker("by-hand", job, job));
    EXPECT_FALSE(
        isCalledAfterMaker("report", referenceTo({"batch/v1", "Job", "report-28000000"}), cronJob));
    const auto set = referenceTo({"apps/v1", "ReplicaSet", "web-1"});
    EXPECT_TRUE(isCalledAfterMaker("web-1", set, referenceTo({"example.com/v1", "App", "web"})));
    EXPECT_FALSE(isCalledAfterMaker("web-1", set, referenceTo({"v1", "Pod", "x"})))
        << "a Pod that cannot prove whose it is counts for itself";
}

TEST(WorkloadTest, IsWhatMakesTheController) {
    struct Case {
        Owner controller;
        std::optional<Owner> above;
        std::string kind;
    };
    const std::vector<Case> cases{
        {{"apps/v1", "ReplicaSet", "a"}, std::nullopt, "ReplicaSet"},
        {{"apps/v1", "ReplicaSet", "a"}, Owner{"apps/v1beta2", "Deployment", "b"}, "Deployment"},
        {{"batch/v1", "Job", "a"}, Owner{"batch/v1", "CronJob", "b"}, "CronJob"},
        // Of which we know that they make no such.
        {{"apps/v1", "ReplicaSet", "a"}, Owner{"batch/v1", "CronJob", "b"}, "ReplicaSet"},
        {{"batch/v1", "Job", "a"}, Owner{"apps/v1", "Deployment", "b"}, "Job"},
        {{"batch/v1", "Job", "a"}, Owner{"v1", "Pod", "b"}, "Job"},
        // Of which we do not know what they make.
        {{"apps/v1", "ReplicaSet", "a"}, Owner{"argoproj.io/v1alpha1", "Rollout", "b"}, "Rollout"},
        {{"batch/v1", "Job", "a"}, Owner{"jobset.x-k8s.io/v1", "JobSet", "b"}, "JobSet"},
        {{"batch/v1", "Job", "a"}, Owner{"example.com/v1", "Pod", "b"}, "Pod"},
        // Which are the workload, whatever stands above them.
        {{"apps/v1", "StatefulSet", "a"}, Owner{"example.com/v1", "Database", "b"}, "StatefulSet"},
        {{"apps/v1", "DaemonSet", "a"}, Owner{"example.com/v1", "Agent", "b"}, "DaemonSet"},
        {{"v1", "ReplicationController", "a"},
         Owner{"apps.openshift.io/v1", "DeploymentConfig", "b"},
         "DeploymentConfig"},
        {{"v1", "ReplicationController", "a"},
         Owner{"example.com/v1", "App", "b"},
         "ReplicationController"},
        {{"apps/v1", "Deployment", "a"}, Owner{"example.com/v1", "App", "b"}, "Deployment"},
        {{"apps/v1", "Deployment", "a"},
         Owner{"serving.knative.dev/v1", "Revision", "b"},
         "Deployment"},
        {{"example.com/v1", "Database", "a"}, Owner{"example.com/v1", "Fleet", "b"}, "Database"},
        {{"example.com/v1", "ReplicaSet", "a"}, Owner{"apps/v1", "Deployment", "b"}, "ReplicaSet"},
    };
    for (const auto& [controller, above, kind] : cases) {
        const auto reference = above ? referenceTo(*above) : OwnerReference();
        EXPECT_EQ(workloadOf(referenceTo(controller), above ? &reference : nullptr).kind, kind)
            << controller.kind << " below " << reference.kind;
    }
}

TEST(WorkloadTest, CanBeWrittenAsAJobOnlyWhileItIsSuspended) {
    EXPECT_TRUE(isSuspended(R"({"spec":{"suspend":true}})"));
    for (const auto* job : {R"({"spec":{"suspend":false}})", R"({"spec":{}})", "{}"}) {
        EXPECT_FALSE(isSuspended(job)) << job;
    }
}

}  // namespace
}  // namespace injector::cluster
