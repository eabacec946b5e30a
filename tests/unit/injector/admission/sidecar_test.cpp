#include "injector/admission/sidecar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "elector/runtime/json_text.h"
#include "tests/unit/injector/admission/pod_text.h"

namespace injector::admission {
namespace {

namespace json_text = elector::json_text;
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

// By a program in the container, which no redirection of the Pod's incoming traffic catches.
TEST(SidecarTest, IsProbedFromWithin) {
    const std::string sidecar = sidecarIn(askingPod({{"ready", "leader"}}), someDefaults());
    EXPECT_THAT(sidecar, Not(HasSubstr("httpGet")));
    EXPECT_THAT(sidecar, HasSubstr(R"("startupProbe":{"exec":{"command":)"
                                   R"(["/usr/bin/leader-elector","probe","live"]})"));
    EXPECT_THAT(sidecar, HasSubstr(R"("readinessProbe":{"exec":{"command":)"
                                   R"(["/usr/bin/leader-elector","probe","ready"]})"));
    EXPECT_THAT(sidecarIn(askingPod({{"port", "5000"}}), someDefaults()),
                HasSubstr(R"("probe","live","--addr=localhost:5000"]})"));
}

// An election that stands still takes no program out of service, unless somebody wants it so.
TEST(SidecarTest, DecidesAboutReadinessOnlyWhereItIsAskedTo) {
    const std::string probe = R"("readinessProbe")";
    Defaults defaults = someDefaults();
    EXPECT_THAT(sidecarIn(askingPod(), defaults), Not(HasSubstr(probe)));
    EXPECT_THAT(sidecarIn(askingPod({{"ready", "synced"}}), defaults), HasSubstr(probe));
    defaults.values["ready"] = "leader";
    EXPECT_THAT(sidecarIn(askingPod(), defaults), HasSubstr(probe));
    EXPECT_THAT(sidecarIn(askingPod(), defaults), HasSubstr("--ready=leader"));
    EXPECT_THAT(sidecarIn(askingPod({{"ready", "always"}}), defaults), Not(HasSubstr(probe)));
}

// The place of the sidecar among init containers with these names, all native sidecars.
std::size_t placeAmong(const std::vector<std::string>& names, const Pairs& annotations = {},
                       const std::string& restartPolicy = "Always") {
    std::string list;
    for (const std::string& name : names) {
        list += (list.empty() ? "" : ",") + (R"({"name":")" + name + R"(","restartPolicy":")") +
                restartPolicy + R"("})";
    }
    const std::string pod = askingPod(
        annotations, R"({"initContainers":[)" + list + R"(],"containers":[{"name":"web"}]})");
    const std::string patched = admission::apply(pod, admit(pod, "default", someDefaults()).patch);
    std::size_t place = 0;
    for (const auto container : json_text::elementsOf(
             *json_text::member(*json_text::member(patched, "spec"), "initContainers"))) {
        if (json_text::textAt(container, "name") == "leader-elector") {
            return place;
        }
        ++place;
    }
    return std::string::npos;
}

TEST(SidecarTest, StandsBehindTheProxyOfAMesh) {
    EXPECT_EQ(placeAmong({"migrate", "logs"}), 0U);
    EXPECT_EQ(placeAmong({"istio-proxy"}), 1U);
    EXPECT_EQ(placeAmong({"istio-validation", "linkerd-proxy", "migrate"}), 2U);
    EXPECT_EQ(placeAmong({"istio-proxy", "linkerd-proxy"}), 2U);
    // One that ends before the program starts, and one beside the program, are no proxies.
    EXPECT_EQ(placeAmong({"istio-proxy"}, {}, "Never"), 0U);
}

TEST(SidecarTest, StandsBehindTheOneThatIsNamed) {
    EXPECT_EQ(placeAmong({"vault", "logs"}, {{"after", "vault"}}), 1U);
    EXPECT_EQ(placeAmong({"vault", "istio-proxy", "logs"}, {{"after", "vault"}}), 2U);
    EXPECT_EQ(placeAmong({"istio-proxy", "vault", "logs"}, {{"after", "vault"}}), 2U);
    // Somebody may add it later.
    EXPECT_EQ(placeAmong({"logs"}, {{"after", "vault"}}), 0U);
}

TEST(SidecarTest, AnswersOnTheLoopbackOfTheNodeUnderHostNetwork) {
    const std::string sidecar = sidecarIn(
        askingPod({}, R"({"hostNetwork":true,"containers":[{"name":"web"}]})"), someDefaults());
    EXPECT_THAT(sidecar, HasSubstr(R"("args":["--lease-name=web","--addr=localhost:4040"])"));
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
