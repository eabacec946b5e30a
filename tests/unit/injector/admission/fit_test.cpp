#include "injector/admission/fit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/unit/injector/admission/pod_text.h"

namespace injector::admission {
namespace {

using testing::HasSubstr;

constexpr const char* kGuaranteed =
    R"({"containers":[{"name":"web","resources":{"limits":{"cpu":1,"memory":"1Gi"},)"
    R"("requests":{"cpu":"1000m"}}}]})";

std::string resourcesWith(const std::string& spec, const Defaults& defaults,
                          const Pairs& annotations = {}) {
    const std::string sidecar = sidecarIn(askingPod(annotations, spec), defaults);
    const auto begin = sidecar.find(R"("resources":)");
    return sidecar.substr(begin, sidecar.find(R"(,"securityContext")") - begin);
}

std::string refusalWith(const std::string& spec, const Pairs& annotations) {
    const Decision decision = admit(askingPod(annotations, spec), "default", someDefaults());
    return decision.verdict == Verdict::Refused ? decision.reason : "";
}

TEST(FitTest, SharesWhatThePodHasForAllItsContainers) {
    const auto with = [](const std::string& resources) {
        return resourcesWith(R"({"resources":)" + resources + R"(,"containers":[{"name":"web"}]})",
                             someDefaults());
    };
    const std::string none = R"("resources":{"requests":{},"limits":{}})";
    EXPECT_EQ(with(R"({"requests":{"cpu":"100m","memory":"64Mi"}})"), none);
    EXPECT_EQ(with(R"({"limits":{"cpu":"40m","memory":"16Mi"}})"), none);
    EXPECT_EQ(with(R"({"limits":{"cpu":1}})"),
              R"("resources":{"requests":{"memory":"32Mi"},"limits":{"memory":"32Mi"}})");
    const std::string usual = R"("resources":{"requests":{"cpu":"50m","memory":"32Mi"},)"
                              R"("limits":{"cpu":"50m","memory":"32Mi"}})";
    for (const char* nothing : {"null", "{}", R"({"requests":{},"limits":null})",
                                R"({"limits":{"hugepages-2Mi":"2Mi"}})"}) {
        EXPECT_EQ(with(nothing), usual) << nothing;
    }
}

TEST(FitTest, TakesAnAnnotationThatFits) {
    EXPECT_EQ(
        resourcesWith(R"({"resources":{"requests":{"cpu":"100m"},"limits":{"cpu":"1"}},)"
                      R"("initContainers":[{"name":"i","resources":{"requests":{"cpu":"90m"}}}],)"
                      R"("containers":[{"name":"web","resources":{"requests":{"cpu":"80m"}}}]})",
                      someDefaults(), {{"cpu-request", "20m"}}),
        R"("resources":{"requests":{"cpu":"20m","memory":"32Mi"},)"
        R"("limits":{"cpu":"20m","memory":"32Mi"}})");
}

TEST(FitTest, RefusesAnAnnotationThatCannotFit) {
    const std::string inThePods =
        " in spec.resources; without an annotation the sidecar shares that";
    EXPECT_EQ(
        refusalWith(R"({"resources":{"limits":{"memory":"16Mi"}},"containers":[{"name":"web"}]})",
                    {{"memory-limit", "32Mi"}}),
        "annotation leader-elector.io/memory-limit \"32Mi\" is refused: it is above the "
        "Pod's limit" +
            inThePods);
    // Limits count where nothing is requested, and so do native sidecars.
    const std::string spec =
        R"({"resources":{"requests":{"cpu":"100m"}},)"
        R"("initContainers":[{"name":"i","restartPolicy":"Always","resources":{"limits":{"cpu":"50m"}}}],)"
        R"("containers":[{"name":"web","resources":{"requests":{"cpu":"40m"}}}]})";
    EXPECT_EQ(refusalWith(spec, {{"cpu-request", "11m"}}),
              "annotation leader-elector.io/cpu-request \"11m\" is refused: with what its "
              "containers request it is above the Pod's request" +
                  inThePods);
    EXPECT_EQ(refusalWith(spec, {{"cpu-request", "10m"}}), "");
}

TEST(FitTest, KeepsAPodGuaranteedWhateverTheReleaseLeavesOut) {
    Defaults defaults = someDefaults();
    defaults.values["cpu-limit"] = "";
    defaults.values["memory-request"] = "";
    defaults.values["memory-limit"] = "";
    EXPECT_EQ(resourcesWith(kGuaranteed, defaults),
              R"("resources":{"requests":{"cpu":"50m","memory":"32Mi"},)"
              R"("limits":{"cpu":"50m","memory":"32Mi"}})");
    EXPECT_THAT(resourcesWith(kGuaranteed, defaults, {{"cpu-request", "20m"}}),
                HasSubstr(R"("limits":{"cpu":"20m",)"));
    // What the Pod asks for by both, it gets.
    EXPECT_THAT(resourcesWith(kGuaranteed, defaults, {{"cpu-request", "20m"}, {"cpu-limit", "1"}}),
                HasSubstr(R"({"requests":{"cpu":"20m","memory":"32Mi"},"limits":{"cpu":"1",)"));
    EXPECT_EQ(
        resourcesWith(R"({"initContainers":[{"name":"i"}],)" + std::string(kGuaranteed).substr(1),
                      defaults),
        R"("resources":{"requests":{"cpu":"50m"},"limits":{}})");
}

}  // namespace
}  // namespace injector::admission
