#include "injector/operator/pod_table.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace injector::operators {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

PodRecord pod(const ObjectKey& key, const std::string& uid, const std::string& lease) {
    PodRecord record;
    record.key = key;
    record.uid = uid;
    record.asks = true;
    record.annotatedLease = lease;
    return record;
}

const ObjectKey kPod{"shop", "web-0"};

TEST(PodTableTest, TellsNewsFromRepetition) {
    PodTable pods;
    EXPECT_TRUE(pods.put(pod(kPod, "1", "web")));
    pods.setFacts(kPod, "1", {"default", true, "", {}});
    EXPECT_FALSE(pods.put(pod(kPod, "1", "web")));
    auto changed = pod(kPod, "1", "web");
    changed.shares = true;
    EXPECT_TRUE(pods.put(changed));
    ASSERT_TRUE(pods.find(kPod).has_value());
    EXPECT_TRUE(pods.find(kPod)->facts.has_value()) << "its spec is the same";
}

TEST(PodTableTest, KnowsNothingOfAnotherPodOfTheName) {
    PodTable pods;
    pods.put(pod(kPod, "1", "web"));
    pods.setFacts(kPod, "1", {"default", true, "", {}});
    EXPECT_TRUE(pods.put(pod(kPod, "2", "web")));
    EXPECT_FALSE(pods.find(kPod)->facts.has_value());
    pods.setFacts(kPod, "1", {"default", true, "", {}});
    EXPECT_FALSE(pods.find(kPod)->facts.has_value()) << "those are of the first one";
}

TEST(PodTableTest, FindsPodsByLeaseAndAccountInOneNamespace) {
    PodTable pods;
    for (const auto* space : {"a", "shop", "shop2"}) {
        for (const auto* name : {"x", "y", "z"}) {
            pods.put(pod({space, name}, "1", name == std::string("z") ? "other" : "web"));
        }
    }
    EXPECT_TRUE(pods.hasUnread("shop"));
    EXPECT_FALSE(pods.hasUnread("sho"));
    EXPECT_THAT(pods.campaigning({"shop", "web"}), IsEmpty());
    EXPECT_THAT(pods.leases(), IsEmpty());
    for (const auto* name : {"x", "y", "z"}) {
        pods.setFacts({"shop", name}, "1",
                      {name == std::string("x") ? "one" : "two", true, "", {}});
    }
    EXPECT_FALSE(pods.hasUnread("shop")) << "all of it were read";
    EXPECT_TRUE(pods.hasUnread("shop2"));
    EXPECT_THAT(pods.campaigning({"shop", "web"}), SizeIs(2));
    EXPECT_TRUE(pods.hasCampaigning({"shop", "web"}));
    EXPECT_FALSE(pods.hasCampaigning({"shop2", "web"}));
    EXPECT_THAT(pods.servedBy("shop", "two").leases, ElementsAre("other", "web"));
    EXPECT_THAT(pods.servedBy("shop", "one").leases, ElementsAre("web"));
    EXPECT_EQ(pods.servedBy("shop2", "two").count, 0U);
    pods.remove({"shop", "z"});
    EXPECT_THAT(pods.servedBy("shop", "two").leases, ElementsAre("web"));
    pods.put(pod({"shop", "z"}, "2", "other"));
    EXPECT_TRUE(pods.hasUnread("shop"));
    pods.setFacts({"shop", "z"}, "2", {"two", true, "", {}});
    EXPECT_THAT(pods.leases(), ElementsAre(ObjectKey{"shop", "other"}, ObjectKey{"shop", "web"}));
}

TEST(PodTableTest, NamesAFewOfManyLeasesOfAnAccount) {
    PodTable pods;
    for (int number = 100; number < 120; ++number) {
        const ObjectKey key{"shop", fmt::format("x{}", number)};
        pods.put(pod(key, "1", fmt::format("l{}", number)));
        pods.setFacts(key, "1", {"one", true, "", {}});
    }
    const auto served = pods.servedBy("shop", "one");
    EXPECT_THAT(served.leases, SizeIs(PodTable::kMaxNamed));
    EXPECT_TRUE(served.leases.contains("l100"));
    EXPECT_EQ(served.count, 20U);
}

TEST(PodTableTest, CountsThoseThatWereMissedUntilTheyAreGone) {
    PodTable pods;
    pods.put(pod(kPod, "1", "web"));
    EXPECT_EQ(pods.countMissed(), 0U) << "not read yet";
    pods.setFacts(kPod, "1", {"default", false, "", {}});
    EXPECT_EQ(pods.countMissed(), 1U);
    ASSERT_TRUE(pods.remove(kPod).has_value());
    EXPECT_EQ(pods.countMissed(), 0U);
    EXPECT_FALSE(pods.remove(kPod).has_value());
}

TEST(PodTableTest, CountsWhatThereIsWhateverBecomesOfIt) {
    PodTable pods;
    const ObjectKey second{"shop", "web-1"};
    pods.put(pod(kPod, "1", "web"));
    pods.put(pod(second, "2", "web"));
    EXPECT_EQ(pods.countLeases(), 0U) << "neither was read";
    EXPECT_EQ(pods.countMissed(), 0U);
    pods.setFacts(kPod, "1", {"default", true, "", {}});
    pods.setFacts(second, "2", {"default", true, "", {}});
    EXPECT_EQ(pods.countLeases(), 1U);
    auto moved = pod(second, "2", "other");
    pods.put(moved);
    EXPECT_THAT(pods.leases(), ElementsAre(ObjectKey{"shop", "other"}, ObjectKey{"shop", "web"}));
    pods.put(pod(kPod, "3", "web"));
    EXPECT_THAT(pods.leases(), ElementsAre(ObjectKey{"shop", "other"})) << "another Pod, unread";
    pods.setFacts(kPod, "3", {"default", false, "", {}});
    EXPECT_EQ(pods.countMissed(), 1U);
    moved.status = "skipped: for a reason";
    pods.put(moved);
    EXPECT_EQ(pods.countLeases(), 0U);
    pods.remove(kPod);
    pods.remove(kPod);
    pods.remove(second);
    EXPECT_EQ(pods.countMissed(), 0U);
    EXPECT_EQ(pods.countLeases(), 0U);
}

}  // namespace
}  // namespace injector::operators
