#include "injector/check/facts.h"

#include <gtest/gtest.h>

#include <string>

#include "elector/config/invocation.h"

namespace injector::check {
namespace {

std::string refusalOf(const std::string& workload) {
    try {
        return "taken as " + parseTarget(workload, "shop").text();
    } catch (const elector::config::Refusal& refusal) {
        return refusal.what();
    }
}

struct Case {
    std::string workload;
    std::string expected;
};

class TargetTest : public testing::TestWithParam<Case> {};

TEST_P(TargetTest, IsReadAsKubectlReadsIt) {
    const auto target = parseTarget(GetParam().workload, "shop");
    EXPECT_EQ(target.text(), GetParam().expected);
    EXPECT_EQ(target.key.space, "shop");
    ASSERT_NE(target.kind, nullptr);
    EXPECT_EQ(target.kind->isPod(), target.text() == "Pod/a");
}

INSTANTIATE_TEST_SUITE_P(Kinds, TargetTest,
                         testing::Values(Case{"deployment/web", "Deployment/web"},
                                         Case{"deployments/web", "Deployment/web"},
                                         Case{"deploy/web", "Deployment/web"},
                                         Case{"Deployment/web", "Deployment/web"},
                                         Case{"sts/db-0.x", "StatefulSet/db-0.x"},
                                         Case{"statefulsets/db", "StatefulSet/db"},
                                         Case{"ds/a", "DaemonSet/a"}, Case{"rs/a", "ReplicaSet/a"},
                                         Case{"job/a", "Job/a"}, Case{"jobs/a", "Job/a"},
                                         Case{"cj/a", "CronJob/a"}, Case{"cronJob/a", "CronJob/a"},
                                         Case{"po/a", "Pod/a"}, Case{"pod/a", "Pod/a"}));

TEST(TargetTest, RefusesOtherKindsAndWhatIsNoName) {
    EXPECT_EQ(refusalOf("service/web"),
              "check \"service/web\" is refused: allowed kinds are deployment, statefulset, "
              "daemonset, replicaset, job, cronjob and pod");
    for (const std::string name : {"", "Web", "a b", "a/b", "../x"}) {
        EXPECT_EQ(refusalOf("deploy/" + name),
                  "check \"deploy/" + name +
                      "\" is refused: a name has lower-case letters, digits, - and .");
    }
}

}  // namespace
}  // namespace injector::check
