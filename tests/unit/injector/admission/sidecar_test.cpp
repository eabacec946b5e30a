#include "injector/admission/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/injector/admission/pod_text.h"

namespace injector::admission {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SidecarTest, TakesWhatTheReleaseSays) {
    Defaults defaults;
    defaults.values["image"] = "r.example/leader-elector@sha256:0f";
    defaults.values["image-pull-policy"] = "Never";
    defaults.values["cpu-request"] = "20m";
    defaults.values["cpu-limit"] = "";
    defaults.values["memory-request"] = "48Mi";
    defaults.values["memory-limit"] = "96Mi";
    defaults.values["lease-duration"] = "20s";
    defaults.values["lease-renew-duration"] = "12s";
    defaults.values["retry-period"] = "3s";
    defaults.values["log-level"] = "warn";
    const std::string sidecar = sidecarIn(askingPod(), defaults);
    EXPECT_THAT(sidecar,
                HasSubstr(R"("name":"leader-elector","image":"r.example/leader-elector@sha256:0f",)"
                          R"("imagePullPolicy":"Never","restartPolicy":"Always",)"
                          R"("args":["--lease-name=web","--lease-duration=20s",)"
                          R"("--lease-renew-duration=12s","--retry-period=3s",)"
                          R"("--log-level=warn"],"env":)"));
    EXPECT_THAT(sidecar, HasSubstr(R"("resources":{"requests":{"cpu":"20m","memory":"48Mi"},)"
                                   R"("limits":{"memory":"96Mi"}})"));
}

TEST(SidecarTest, LeavesOutWhatNobodySays) {
    Defaults defaults = someDefaults();
    defaults.values = {};
    const std::string sidecar = sidecarIn(askingPod(), defaults);
    EXPECT_THAT(sidecar, Not(HasSubstr("imagePullPolicy")));
    EXPECT_THAT(sidecar, Not(HasSubstr("runAsUser")));
    EXPECT_THAT(sidecar, Not(HasSubstr("--addr")));
    EXPECT_THAT(sidecar, HasSubstr(R"("args":["--lease-name=web"])"));
    EXPECT_THAT(sidecar, HasSubstr(R"("resources":{"requests":{},"limits":{}})"));
}

// A release without a limit on the CPU means it: a request of the Pod brings none.
TEST(SidecarTest, GivesNoLimitWhereTheReleaseHasNone) {
    Defaults defaults = someDefaults();
    defaults.values["cpu-limit"] = "";
    EXPECT_THAT(
        sidecarIn(askingPod({{"cpu-request", "50m"}}), defaults),
        HasSubstr(R"({"requests":{"cpu":"50m","memory":"32Mi"},"limits":{"memory":"32Mi"})"));
    EXPECT_THAT(sidecarIn(askingPod({{"cpu-limit", "50m"}}), defaults),
                HasSubstr(R"({"requests":{"cpu":"50m","memory":"32Mi"},)"
                          R"("limits":{"cpu":"50m","memory":"32Mi"})"));
    defaults.values["cpu-request"] = "";
    EXPECT_THAT(sidecarIn(askingPod({{"cpu-limit", "50m"}}), defaults),
                HasSubstr(R"({"requests":{"memory":"32Mi"},"limits":{"cpu":"50m",)"));
}

TEST(SidecarTest, MeetsTheRestrictedStandardWhateverThePodSays) {
    const std::string context =
        R"("securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]},)"
        R"("readOnlyRootFilesystem":true,"runAsNonRoot":true,)"
        R"("seccompProfile":{"type":"RuntimeDefault"})";
    const auto withPodContext = [](const std::string& podContext) {
        return sidecarIn(askingPod({}, R"({"containers":[{"name":"web"}],"securityContext":)" +
                                           podContext + "}"),
                         someDefaults());
    };
    EXPECT_THAT(withPodContext("{}"), HasSubstr(context + "}"));
    EXPECT_THAT(withPodContext(R"({"runAsUser":1000})"), HasSubstr(context + "}"));
    EXPECT_THAT(withPodContext(R"({"seccompProfile":{"type":"Unconfined"},"runAsNonRoot":false})"),
                HasSubstr(context + "}"));
    EXPECT_THAT(withPodContext(R"({"runAsUser":0})"),
                HasSubstr(context + R"(,"runAsUser":65532})"));
}

TEST(SidecarTest, IsAskedOnTheLoopbackOfTheNodeUnderHostNetwork) {
    const std::string sidecar = sidecarIn(
        askingPod({}, R"({"hostNetwork":true,"containers":[{"name":"web"}]})"), someDefaults());
    EXPECT_THAT(sidecar, HasSubstr(R"("args":["--lease-name=web","--addr=localhost:4040"])"));
    for (const char* probe : {R"("startupProbe":{"httpGet":{"path":"/healthz",)",
                              R"("livenessProbe":{"httpGet":{"path":"/healthz",)",
                              R"("readinessProbe":{"httpGet":{"path":"/readyz",)"}) {
        EXPECT_THAT(sidecar, HasSubstr(std::string(probe) +
                                       R"("port":"leader-elector","host":"127.0.0.1"})"));
    }
    EXPECT_THAT(sidecarIn(askingPod({{"port", "5000"}},
                                    R"({"hostNetwork":true,"containers":[{"name":"web"}]})"),
                          someDefaults()),
                HasSubstr("--addr=localhost:5000"));
}

TEST(SidecarTest, IsAContainerWhereTheReleaseSaysSo) {
    Defaults defaults = someDefaults();
    defaults.values["mode"] = "container";
    const std::string sidecar = sidecarIn(askingPod(), defaults);
    EXPECT_THAT(sidecar, HasSubstr(R"("args":["--lease-name=web","--on-shutdown=expire"])"));
    EXPECT_THAT(sidecar, Not(HasSubstr("restartPolicy")));
    EXPECT_THAT(sidecarIn(askingPod({{"mode", "sidecar"}}), defaults),
                HasSubstr(R"("restartPolicy":"Always")"));
    const std::string job = R"({"restartPolicy":"OnFailure","containers":[{"name":"web"}]})";
    EXPECT_EQ(admit(askingPod({}, job), "default", defaults).reason,
              "annotation leader-elector.io/mode \"container\" (the default) is refused: the Pod's "
              "restartPolicy is not Always, so that a container beside its program would keep it "
              "from completing; allowed is sidecar");
    EXPECT_EQ(admit(askingPod({{"mode", "sidecar"}}, job), "default", defaults).verdict,
              Verdict::Injected);
}

}  // namespace
}  // namespace injector::admission
