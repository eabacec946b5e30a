#include "injector/offline/workload.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "elector/runtime/json_text.h"

namespace injector::offline {
namespace {

const WorkloadKind& kind(std::string_view apiVersion, std::string_view name) {
    const auto* found = cluster::findWorkloadKind(apiVersion, name);
    EXPECT_NE(found, nullptr) << name;
    return *found;
}

const std::string kDeployment =
    R"({"kind":"Deployment","metadata":{"name":"web","annotations":{)"
    R"("leader-elector.io/inject":"true","leader-elector.io/port":"5000",)"
    R"("leader-elector.io/status":"injected 0","other":"x"}},"spec":{"template":)"
    R"({"metadata":{"annotations":{"leader-elector.io/port":"6000"}},"spec":{"a":1}}}})";

TEST(WorkloadTest, MakesAPodAsTheClusterWould) {
    EXPECT_EQ(
        podOf(kind("apps/v1", "Deployment"), kDeployment, Copies::No),
        R"({"metadata":{"annotations":{"leader-elector.io/port":"6000"},)"
        R"("labels":{"pod-template-hash":"5d4f8c7b9"},)"
        R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f8c7b9",)"
        R"("uid":"00000000-0000-0000-0000-000000000000","controller":true}]},)"
        R"("spec":{"a":1},"apiVersion":"v1","kind":"Pod"})");
}

TEST(WorkloadTest, CopiesTheWorkloadsAnnotationsBesideThoseOfTheTemplate) {
    const auto pod = podOf(kind("apps/v1", "Deployment"), kDeployment, Copies::Yes);
    EXPECT_TRUE(pod.starts_with(R"({"metadata":{"annotations":{"leader-elector.io/port":"6000",)"
                                R"("leader-elector.io/inject":"true"},"labels")"))
        << pod;
}

struct Owner {
    std::string apiVersion;
    std::string kind;
    std::string expected;  // of the Pod's owner: apiVersion, kind and name
};

class WorkloadOwnerTest : public testing::TestWithParam<Owner> {};

TEST_P(WorkloadOwnerTest, IsNamedInThePod) {
    const auto& known = kind(GetParam().apiVersion, GetParam().kind);
    std::string inner = "{}";
    for (auto key = known.path.rbegin(); key != known.path.rend(); ++key) {
        inner = key->empty() ? inner : fmt::format("{{\"{}\":{}}}", *key, inner);
    }
    const auto object = elector::json_text::withMember(inner, "metadata", R"({"name":"w"})");
    const auto pod = podOf(known, object, Copies::No);
    EXPECT_NE(pod.find(GetParam().expected), std::string::npos) << pod;
    // And nothing of all that is left in the template.
    EXPECT_EQ(templateFrom(known, object, pod), R"({"metadata":{}})");
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, WorkloadOwnerTest,
    testing::Values(
        Owner{"apps/v1", "StatefulSet",
              R"("apiVersion":"apps/v1","kind":"StatefulSet","name":"w")"},
        Owner{"apps/v1", "DaemonSet", R"("apiVersion":"apps/v1","kind":"DaemonSet","name":"w")"},
        Owner{"apps/v1", "ReplicaSet", R"("apiVersion":"apps/v1","kind":"ReplicaSet","name":"w")"},
        Owner{"v1", "ReplicationController",
              R"("apiVersion":"v1","kind":"ReplicationController","name":"w")"},
        Owner{"batch/v1", "Job", R"("apiVersion":"batch/v1","kind":"Job","name":"w")"},
        Owner{"batch/v1", "CronJob",
              R"("apiVersion":"batch/v1","kind":"Job","name":"w-28000000")"}),
    [](const auto& param) { return param.param.kind; });

TEST(WorkloadTest, GivesBackATemplateAsItWas) {
    const auto& deployments = kind("apps/v1", "Deployment");
    for (
        const std::string podTemplate :
        {R"({"spec":{"a":1},"metadata":{"labels":{"pod-template-hash":"mine"},"x":18446744073709551616}})",
         R"({"kind":"Pod","metadata":{"ownerReferences":[1],"labels":{"b":"c"}},"apiVersion":"v9"})"}) {
        const auto object =
            R"({"metadata":{"name":"web"},"spec":{"template":)" + podTemplate + "}}";
        EXPECT_EQ(templateFrom(deployments, object, podOf(deployments, object, Copies::Yes)),
                  podTemplate);
    }
}

TEST(WorkloadTest, TakesTheHashThatALabelGives) {
    const std::string object =
        R"({"metadata":{"name":"web"},"spec":{"template":{"metadata":{"labels":{"pod-template-hash":"7"}}}}})";
    EXPECT_NE(podOf(kind("apps/v1", "Deployment"), object, Copies::No).find(R"("name":"web-7")"),
              std::string::npos);
}

TEST(WorkloadTest, NamesNoOwnerOfWhatHasNoName) {
    const std::string object =
        R"({"metadata":{"generateName":"a-"},"spec":{"template":{"spec":{}}}})";
    EXPECT_EQ(podOf(kind("batch/v1", "Job"), object, Copies::No),
              R"({"metadata":{},"spec":{},"apiVersion":"v1","kind":"Pod"})");
}

TEST(WorkloadTest, TellsWhoseAnnotationsThereAre) {
    const auto& deployments = kind("apps/v1", "Deployment");
    const auto both = annotationsOf(deployments, kDeployment);
    EXPECT_TRUE(both.itself);
    EXPECT_TRUE(both.onTemplate);
    // A status alone is not copied, so it counts for nothing on the workload.
    const auto none = annotationsOf(
        deployments,
        R"({"metadata":{"annotations":{"leader-elector.io/status":"x"}},"spec":{"template":{}}})");
    EXPECT_FALSE(none.itself);
    EXPECT_FALSE(none.onTemplate);
    const auto pod = annotationsOf(
        kind("v1", "Pod"), R"({"metadata":{"annotations":{"leader-elector.io/inject":"true"}}})");
    EXPECT_FALSE(pod.itself);
    EXPECT_TRUE(pod.onTemplate);
}

TEST(WorkloadTest, TellsWhatAControllerOwns) {
    EXPECT_TRUE(isOwned(R"({"metadata":{"ownerReferences":[{"a":1},{"controller":true}]}})"));
    EXPECT_FALSE(isOwned(R"({"metadata":{"ownerReferences":[{"controller":false}]}})"));
    EXPECT_FALSE(isOwned(R"({"metadata":{}})"));
}

}  // namespace
}  // namespace injector::offline
