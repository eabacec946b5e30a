#include "injector/check/diagnosis.h"

#include <gtest/gtest.h>

#include "tests/unit/injector/check/scene.h"

namespace injector::check {
namespace {

TEST(PodStateTest, ReadsTheVersionInAStatus) {
    EXPECT_EQ(injectedVersion("injected 0.1.0"), "0.1.0");
    EXPECT_EQ(injectedVersion("injected"), "");
    EXPECT_EQ(injectedVersion("skipped: x"), "");
    EXPECT_EQ(injectedVersion(""), "");
}

TEST(PodStateTest, OrdersVersionsByTheirNumbers) {
    EXPECT_TRUE(isOlder("0.1.0", "0.1.1"));
    EXPECT_TRUE(isOlder("0.9.0", "0.10.0"));
    EXPECT_TRUE(isOlder("0.1", "0.1.0"));
    EXPECT_FALSE(isOlder("0.1.0", "0.1.0"));
    EXPECT_FALSE(isOlder("1.0.0", "0.9.9"));
}

TEST(PodStateTest, CallsNothingOlderThatIsNoVersion) {
    for (const auto* version : {"", "latest", "0.1.0-rc1", ".1", "1.", "99999999999999999999"}) {
        EXPECT_FALSE(isOlder(version, "0.1.0")) << version;
        EXPECT_FALSE(isOlder("0.1.0", version)) << version;
    }
}

TEST(PodStateTest, TellsHowAPodStands) {
    const auto injected = lineOf(injectedPod("web-1", "web"), "0.1.0");
    EXPECT_EQ(injected.state, "injected");
    EXPECT_EQ(injected.space, "shop");
    EXPECT_EQ(injected.name, "web-1");
    EXPECT_EQ(injected.workload, "Deployment/web");
    EXPECT_EQ(injected.lease, "web");
    EXPECT_EQ(injected.version, "0.1.0");
    EXPECT_EQ(injected.image, "leader-elector:0.1.0");
    EXPECT_EQ(lineOf(injectedPod("web-1", "web"), "0.2.0").state, "outdated");

    auto missed = injectedPod("web-1", "web");
    missed.record.status = "";
    missed.record.facts->hasSidecar = false;
    EXPECT_EQ(lineOf(missed, "0.1.0").state, "missed");
    EXPECT_EQ(lineOf(missed, "0.1.0").version, "");
    missed.record.asks = false;
    EXPECT_EQ(lineOf(missed, "0.1.0").state, "not asked");
    missed.record.status = "skipped: Pods for Windows get no sidecar";
    EXPECT_EQ(lineOf(missed, "0.1.0").state, "skipped");
    EXPECT_EQ(lineOf(missed, "0.1.0").reason, "Pods for Windows get no sidecar");

    auto nameless = injectedPod("by-hand-1", "by-hand");
    nameless.record.controller = {"batch/v1", "Job", "by-hand", "j", true};
    nameless.workload = nameless.record.facts->workload = {"batch/v1", "CronJob", "report", "c"};
    EXPECT_EQ(lineOf(nameless, "0.1.0").state, "nameless");
    EXPECT_EQ(lineOf(nameless, "0.1.0").reason,
              "the Lease \"by-hand\" is not called after CronJob/report");
}

TEST(PodStateTest, TellsWhatHasEnded) {
    auto pod = injectedPod("web-1", "web");
    EXPECT_FALSE(hasEnded(pod));
    pod.phase = "Pending";
    EXPECT_FALSE(hasEnded(pod));
    pod.phase = "Succeeded";
    EXPECT_TRUE(hasEnded(pod));
    pod.phase = "Failed";
    EXPECT_TRUE(hasEnded(pod));
}

}  // namespace
}  // namespace injector::check
