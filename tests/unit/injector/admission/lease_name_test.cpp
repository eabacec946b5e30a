#include "injector/admission/lease_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace injector::admission {
namespace {

struct OwnedPod {
    Owner owner;
    std::string hash;
    std::string name;
};

TEST(LeaseNameTest, IsThatOfTheWorkloadAboveTheController) {
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
        PodFacts pod;
        pod.controller = owner;
        pod.templateHash = hash;
        EXPECT_EQ(workloadNameOf(pod), name) << owner.apiVersion << " " << owner.name;
    }
    EXPECT_EQ(workloadNameOf(PodFacts()), "");
}

}  // namespace
}  // namespace injector::admission
