#include "injector/operator/claim.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace injector::operators {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

OwnerReference deployment(const std::string& name, const std::string& uid) {
    return {"apps/v1", "Deployment", name, uid, false};
}

PodRecord pod(const OwnerReference& workload, int age, bool shares = false,
              const std::string& account = "default") {
    PodRecord record;
    record.created = WallTime(std::chrono::seconds(1'000 - age));
    record.shares = shares;
    record.facts = PodFacts{account, true, "web", workload};
    return record;
}

std::vector<std::string> names(const std::vector<Claimant>& claimants) {
    std::vector<std::string> found;
    for (const auto& claimant : claimants) {
        found.push_back(claimant.references.front().name);
    }
    return found;
}

const OwnerReference kA = deployment("a", "1");
const OwnerReference kB = deployment("b", "2");
const OwnerReference kC = deployment("c", "3");

TEST(ClaimTest, TakesThePodsOfAWorkloadTogether) {
    const auto remade = deployment("a", "9");
    const OwnerReference otherGroup{"example.com/v1", "Deployment", "a", "5", false};
    const auto claimants = claimantsOf(
        {pod(kA, 1, false, "x"), pod(remade, 7, true, "y"), pod(kA, 3), pod(otherGroup, 2)});
    ASSERT_EQ(claimants.size(), 2U);
    const auto& first = claimants[0];
    EXPECT_EQ(first.name, "Deployment \"a\"");
    EXPECT_THAT(first.references, ElementsAre(kA, remade));
    EXPECT_THAT(first.serviceAccounts, ElementsAre("default", "x", "y"));
    EXPECT_TRUE(first.shares) << "the newer Pods of a rollout say so";
    EXPECT_EQ(first.since, WallTime(std::chrono::seconds(993)));
    EXPECT_THAT(claimants[1].references, ElementsAre(otherGroup));
}

TEST(ClaimTest, IsDecidedByRecordThenAgeThenSharing) {
    struct Case {
        const char* what;
        std::vector<PodRecord> pods;
        std::vector<OwnerReference> recorded;
        std::vector<std::string> admitted;
        std::vector<std::string> refused;
    };
    for (const auto& [what, pods, recorded, admitted, refused] : std::initializer_list<Case>{
             {"nobody", {}, {kA}, {}, {}},
             {"one", {pod(kA, 1)}, {}, {"a"}, {}},
             {"the older", {pod(kA, 1), pod(kB, 2)}, {}, {"b"}, {"a"}},
             {"the recorded, though younger", {pod(kA, 1), pod(kB, 2)}, {kA}, {"a"}, {"b"}},
             {"recorded, made anew",
              {pod(kA, 1), pod(kB, 2)},
              {deployment("a", "0")},
              {"a"},
              {"b"}},
             {"recorded, but gone", {pod(kA, 1), pod(kB, 2)}, {kC}, {"b"}, {"a"}},
             {"of two recorded the older", {pod(kA, 1), pod(kB, 2)}, {kA, kB}, {"b"}, {"a"}},
             {"both share", {pod(kA, 1, true), pod(kB, 2, true)}, {kA}, {"a", "b"}, {}},
             {"only the keeper shares", {pod(kA, 3, true), pod(kB, 2)}, {}, {"a"}, {"b"}},
             {"only the other shares", {pod(kA, 3), pod(kB, 2, true)}, {}, {"a"}, {"b"}},
             {"of three two share",
              {pod(kA, 3, true), pod(kB, 2), pod(kC, 1, true)},
              {},
              {"a", "c"},
              {"b"}}}) {
        const auto claims = judge(claimantsOf(pods), recorded);
        EXPECT_EQ(names(claims.admitted), admitted) << what;
        EXPECT_EQ(names(claims.refused), refused) << what;
    }
    EXPECT_EQ(judge(claimantsOf({pod(kA, 1), pod(kB, 2)}), {}).keeper, "Deployment \"b\"");
}

// Any Pod can name what nobody can look up as its controller.
TEST(ClaimTest, KeepsServiceAccountsOfAWorkloadApartThatCouldNotBeLookedUp) {
    const OwnerReference rollout{"argoproj.io/v1alpha1", "Rollout", "web", "1", false};
    std::vector<PodRecord> pods{pod(rollout, 3, false, "web"), pod(rollout, 2, false, "evil"),
                                pod(rollout, 1, false, "web")};
    for (auto& each : pods) {
        each.facts->isProven = false;
    }
    const auto claims = judge(claimantsOf(pods), {rollout});
    ASSERT_THAT(claims.admitted, testing::SizeIs(1));
    EXPECT_THAT(claims.admitted.front().serviceAccounts, ElementsAre("web"));
    ASSERT_THAT(claims.refused, testing::SizeIs(1));
    EXPECT_EQ(claims.refused.front().name, "Rollout \"web\" with the ServiceAccount \"evil\"");
}

TEST(ClaimTest, EscapesForeignNames) {
    EXPECT_EQ(describe({"x/v1", "Odd\n", "a\"b", "1", false}), "Odd\\n \"a\\\"b\"");
}

// A backup restores Pods before what made them; the ReplicaSet adopts them a moment later.
TEST(ClaimTest, SaysNothingOfOrphansThatHaveTheRightAnyway) {
    const auto orphan = [](const std::string& name, int age, const std::string& account) {
        auto record = pod({"v1", "Pod", name, name, false}, age, false, account);
        record.facts->isOrphan = true;
        return record;
    };
    const auto restored =
        judge(claimantsOf({orphan("web-1", 9, "web"), orphan("web-2", 5, "web")}), {});
    EXPECT_THAT(names(restored.admitted), ElementsAre("web-1"));
    EXPECT_THAT(restored.refused, IsEmpty());
    const auto others =
        judge(claimantsOf({orphan("web-1", 9, "web"), orphan("x", 5, "other")}), {});
    EXPECT_THAT(names(others.refused), ElementsAre("x")) << "that one has no right";
    const auto bare = judge(claimantsOf({orphan("web-1", 9, "web"), pod(kA, 5, false, "web")}), {});
    EXPECT_THAT(names(bare.refused), ElementsAre("a")) << "that is another workload";
}

}  // namespace
}  // namespace injector::operators
