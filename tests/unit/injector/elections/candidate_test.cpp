#include "injector/elections/candidate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace injector::elections {
namespace {

std::string pod(const std::string& metadata, const std::string& spec,
                const std::string& phase = "Running") {
    return fmt::format(
        R"({{"metadata":{{"name":"web-7d9-x","namespace":"shop","uid":"u"{}}},"spec":{{"nodeName":"node1"{}}},"status":{{"phase":"{}"}}}})",
        metadata, spec, phase);
}

const std::string kSidecar =
    R"(,"initContainers":[{"name":"leader-elector","args":["--lease-name=web"]}])";
const std::string kAsks = R"(,"annotations":{"leader-elector.io/inject":"true"})";

TEST(CandidateTest, IsReadOfAPodWithTheSidecar) {
    const auto found = campaigningPod(pod(
        R"(,"labels":{"leader-elector.io/injected":"true","pod-template-hash":"7d9"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-7d9","uid":"r","controller":true}])",
        kSidecar));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->pod, (ObjectKey{"shop", "web-7d9-x"}));
    EXPECT_EQ(found->lease, "web");
    EXPECT_EQ(found->candidate.node, "node1");
    EXPECT_EQ(found->candidate.workload, "Deployment web");
    EXPECT_TRUE(found->candidate.campaigns);
    EXPECT_EQ(found->candidate.problem, "");
}

TEST(CandidateTest, NamesTheWorkloadAsTheOthersDo) {
    EXPECT_EQ(
        campaigningPod(
            pod(R"(,"ownerReferences":[{"apiVersion":"batch/v1","kind":"Job","name":"report-28000000","uid":"r","controller":true}])",
                kSidecar))
            ->candidate.workload,
        "CronJob report");
    EXPECT_EQ(
        campaigningPod(
            pod(R"(,"ownerReferences":[{"apiVersion":"apps/v1","kind":"StatefulSet","name":"db","uid":"r","controller":true}])",
                kSidecar))
            ->candidate.workload,
        "StatefulSet db");
    EXPECT_EQ(
        campaigningPod(
            pod(R"(,"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"own","uid":"r","controller":true}])",
                kSidecar))
            ->candidate.workload,
        "ReplicaSet own");
    EXPECT_EQ(campaigningPod(pod("", kSidecar))->candidate.workload, "Pod web-7d9-x");
}

TEST(CandidateTest, SaysWhyAPodThatAsksHasNoSidecar) {
    const auto missed = campaigningPod(pod(kAsks, ""));
    ASSERT_TRUE(missed);
    EXPECT_FALSE(missed->candidate.campaigns);
    EXPECT_NE(missed->candidate.problem, "");
    EXPECT_EQ(missed->lease, "web-7d9-x") << "its own, as a bare Pod";
    const auto skipped = campaigningPod(pod(
        R"(,"annotations":{"leader-elector.io/inject":"true","leader-elector.io/status":"skipped: it runs on Windows"})",
        ""));
    ASSERT_TRUE(skipped);
    EXPECT_EQ(skipped->candidate.problem, "it runs on Windows");
}

TEST(CandidateTest, IsNoneWhereThePodHasEndedOrIsNoneOfOurs) {
    EXPECT_FALSE(campaigningPod(pod("", "")));
    EXPECT_FALSE(campaigningPod(pod("", kSidecar, "Succeeded")));
    EXPECT_FALSE(campaigningPod(pod("", kSidecar, "Failed")));
    EXPECT_FALSE(campaigningPod("{}"));
}

TEST(CandidateTest, DoesNotCampaignOnItsWayOut) {
    const auto leaving =
        campaigningPod(pod(R"(,"deletionTimestamp":"2026-11-27T00:00:00Z")", kSidecar));
    ASSERT_TRUE(leaving);
    EXPECT_FALSE(leaving->candidate.campaigns);
}

}  // namespace
}  // namespace injector::elections
