#include "injector/operator/pod.h"

#include <gtest/gtest.h>

namespace injector::operators {
namespace {

ObjectMeta metaOf(std::map<std::string, std::string> annotations,
                  std::map<std::string, std::string> labels = {}) {
    ObjectMeta meta;
    meta.key = {"shop", "web-0"};
    meta.uid = "u";
    meta.annotations = std::move(annotations);
    meta.labels = std::move(labels);
    return meta;
}

PodRecord pod(const std::string& status, bool asks, std::optional<PodFacts> facts,
              const std::string& lease = "web") {
    PodRecord record;
    record.status = status;
    record.asks = asks;
    record.annotatedLease = lease;
    record.facts = std::move(facts);
    return record;
}

TEST(PodTest, ConcernsUsWhereItAsksOrWasInjected) {
    EXPECT_TRUE(concernsUs(metaOf({{"leader-elector.io/inject", "true"}})));
    EXPECT_TRUE(concernsUs(metaOf({}, {{"leader-elector.io/injected", "true"}})));
    EXPECT_FALSE(concernsUs(metaOf({{"leader-elector.io/inject", "false"}})));
    EXPECT_FALSE(concernsUs(metaOf({{"leader-elector.io/lease-name", "web"}})));
    for (const auto* space : {"kube-system", "kube-node-lease", "kube-public"}) {
        auto meta = metaOf({{"leader-elector.io/inject", "true"}});
        meta.key.space = space;
        EXPECT_FALSE(concernsUs(meta)) << space;
    }
}

// Nobody can replace it by one that is injected, so that none was missed.
TEST(PodTest, DoesNotAskWhereAKubeletMadeItOfAFile) {
    auto meta = metaOf({{"leader-elector.io/inject", "true"}});
    EXPECT_TRUE(recordOf(meta).asks);
    meta.owners = {{"v1", "Node", "node1", "n", true}};
    EXPECT_FALSE(recordOf(meta).asks);
    meta.owners = {{"example.com/v1", "Node", "node1", "n", true}};
    EXPECT_TRUE(recordOf(meta).asks);
}

TEST(PodTest, IsWhatItsStatusAndItsContainersMakeIt) {
    const PodFacts with{"default", true, "", {}};
    const PodFacts without{"default", false, "", {}};
    struct Case {
        const char* what;
        PodRecord pod;
        PodState state;
    };
    for (const auto& [what, record, state] : std::initializer_list<Case>{
             {"not read", pod("injected 1.0", true, std::nullopt), PodState::Unread},
             {"injected", pod("injected 1.0", true, with), PodState::Injected},
             {"its own sidecar", pod("", true, with), PodState::Injected},
             {"injected, the annotation removed", pod("", false, with), PodState::Injected},
             {"no Lease", pod("injected 1.0", true, with, ""), PodState::Missed},
             {"never asked of", pod("", true, without), PodState::Missed},
             {"says injected, is not", pod("injected 1.0", true, without), PodState::Missed},
             {"labelled by hand", pod("", false, without), PodState::NotAsked},
             {"skipped", pod("skipped: on Windows", true, without), PodState::Skipped},
             {"any name", pod("", true, with, "*"), PodState::Misnamed},
             {"a path", pod("", true, with, "../.."), PodState::Misnamed},
             {"a line end", pod("", true, with, "web\n"), PodState::Misnamed},
             {"upper case", pod("", true, with, "Web"), PodState::Misnamed},
             {"as long as allowed", pod("", true, with, std::string(253, 'x')), PodState::Injected},
             {"too long", pod("", true, with, std::string(254, 'x')), PodState::Misnamed},
             {"an argument beats the annotation",
              pod("", true, PodFacts{"default", true, "a/b", {}}), PodState::Misnamed},
             {"skipped, with one all the same", pod("skipped: x", true, with),
              PodState::Skipped}}) {
        EXPECT_EQ(stateOf(record), state) << what;
    }
    auto byHand = pod("injected 1.0", true, with, "by-hand");
    byHand.controller = OwnerReference{"batch/v1", "Job", "by-hand", "j", true};
    byHand.facts->workload = {"batch/v1", "CronJob", "report", "c", false};
    EXPECT_EQ(stateOf(byHand), PodState::Nameless);
    byHand.annotatedLease = "report";
    EXPECT_EQ(stateOf(byHand), PodState::Injected);
    EXPECT_EQ(skipReason(pod("skipped: on Windows", true, without)), "on Windows");
    EXPECT_EQ(skipReason(pod("skipped", true, without)), "");
}

TEST(PodTest, CampaignsForTheLeaseThatItsContainerWasTold) {
    EXPECT_EQ(pod("", true, PodFacts{"", true, "other", {}}).lease(), "other");
    EXPECT_EQ(pod("", true, PodFacts{"", true, "", {}}).lease(), "web");
    EXPECT_EQ(pod("", true, std::nullopt).lease(), "web");
}

TEST(PodTest, IsReadForItsAccountAndItsSidecar) {
    const std::string kMetadata = R"({"metadata":{"name":"p","uid":"u"},"spec":)";
    struct Case {
        const char* spec;
        const char* account;
        bool hasSidecar;
        const char* lease;
    };
    for (const auto& [spec, account, hasSidecar, lease] : std::initializer_list<Case>{
             {R"({"containers":[{"name":"app"}]})", "default", false, ""},
             {R"({"serviceAccountName":"web","containers":[{"name":"app"}],
                  "initContainers":[{"name":"leader-elector","image":"elector:1","args":["--id=x",
                      "--lease-name=a","--lease-name=b"]}]})",
              "web", true, "b"},
             {R"({"containers":[{"name":"leader-elector","command":["x","--lease-name=c"]}]})",
              "default", true, "c"},
             {R"({"containers":[{"name":"leader-elector","args":"--lease-name=d"}]})", "default",
              true, ""},
             {R"({"containers":{},"initContainers":[5]})", "default", false, ""}}) {
        const auto pod =
            readPod(kMetadata + std::string(spec) + R"(,"status":{"phase":"Failed"}})");
        ASSERT_TRUE(pod.ok()) << spec;
        EXPECT_EQ(pod.value().meta.key.name, "p");
        EXPECT_EQ(pod.value().phase, "Failed");
        EXPECT_EQ(pod.value().image, hasSidecar && *lease == 'b' ? "elector:1" : "") << spec;
        const auto& facts = pod.value().facts;
        EXPECT_EQ(facts.serviceAccount, account) << spec;
        EXPECT_EQ(facts.hasSidecar, hasSidecar) << spec;
        EXPECT_EQ(facts.leaseName, lease) << spec;
    }
    for (const std::string text :
         {"", "{}", "[1]", R"({"metadata":{"name":"p","uid":"u"}})", R"({"spec":{}})"}) {
        EXPECT_FALSE(readPod(text).ok()) << text;
    }
    EXPECT_FALSE(readPod(kMetadata).ok());
}

}  // namespace
}  // namespace injector::operators
