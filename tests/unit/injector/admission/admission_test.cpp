#include "injector/admission/admission.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "elector/runtime/json_text.h"
#include "injector/admission/annotations.h"
#include "tests/unit/injector/admission/pod_text.h"

namespace injector::admission {
namespace {

using testing::HasSubstr;

Decision decisionOn(const std::string& pod) {
    return admit(pod, "default", someDefaults());
}

TEST(AdmissionTest, SkipsTheNamespacesOfTheSystem) {
    const Defaults defaults = someDefaults();
    const std::vector<std::pair<std::string, std::string>> cases{
        {"kube-system", "Pods in the namespace kube-system get no sidecar"},
        {"kube-node-lease", "Pods in the namespace kube-node-lease get no sidecar"},
        {"kube-public", "Pods in the namespace kube-public get no sidecar"},
    };
    for (const auto& [space, reason] : cases) {
        const Decision decision = admit(askingPod(), space, defaults);
        EXPECT_EQ(decision.verdict, Verdict::Skipped) << space;
        EXPECT_EQ(decision.reason, reason);
        EXPECT_THAT(admission::apply(askingPod(), decision.patch), HasSubstr("skipped: Pods in "));
        EXPECT_EQ(admit(podWith({{"shared", "nonsense"}}), space, defaults).verdict,
                  Verdict::NotAsked);
    }
    EXPECT_EQ(admit(askingPod(), "kube-systems", defaults).verdict, Verdict::Injected);
}

TEST(AdmissionTest, SkipsThePodsOfTheInjectorItselfAndNotTheirNeighbours) {
    Defaults defaults = someDefaults();
    defaults.releaseNamespace = "leaders";
    const std::string own =
        R"({"metadata":{"labels":{"leader-elector.io/injector":"true"},"annotations":{)"
        R"("leader-elector.io/inject":"true","leader-elector.io/lease-name":"a"}},)"
        R"("spec":{"containers":[{"name":"web"}]}})";
    const Decision decision = admit(own, "leaders", defaults);
    EXPECT_EQ(decision.verdict, Verdict::Skipped);
    EXPECT_EQ(decision.reason,
              "the injector's own Pods get no sidecar: they would wait for themselves");
    EXPECT_EQ(admit(own, "elsewhere", defaults).verdict, Verdict::Injected);
    EXPECT_EQ(admit(askingPod(), "leaders", defaults).verdict, Verdict::Injected);
    EXPECT_EQ(admit(own, "", someDefaults()).verdict, Verdict::Injected);
}

TEST(AdmissionTest, TakesTheNamespaceOfThePodOnlyWhereTheRequestNamesNone) {
    const std::string pod =
        R"({"metadata":{"namespace":"kube-system","annotations":{"leader-elector.io/inject":"true",)"
        R"("leader-elector.io/lease-name":"a"}},"spec":{"containers":[{"name":"web"}]}})";
    EXPECT_EQ(admit(pod, "", someDefaults()).verdict, Verdict::Skipped);
    EXPECT_EQ(admit(pod, "default", someDefaults()).verdict, Verdict::Injected);
    EXPECT_EQ(admit(askingPod(), "", someDefaults()).verdict, Verdict::Injected);
}

TEST(AdmissionTest, NoAnnotationNamesAnotherNamespace) {
    const std::string sidecar = sidecarIn(askingPod(), someDefaults());
    EXPECT_THAT(sidecar, HasSubstr(R"({"name":"NAMESPACE","valueFrom":{"fieldRef":)"
                                   R"({"fieldPath":"metadata.namespace"}}})"));
    for (const char* name : {"namespace", "lease-namespace", "lock-object-namespace"}) {
        EXPECT_EQ(decisionOn(askingPod({{name, "other"}})).verdict, Verdict::Refused) << name;
    }
    // Whatever stands in any of them, it becomes no argument that names one.
    for (const std::string_view name : annotationNames()) {
        for (const char* value :
             {"other/web", "../../other/leases/web", "web --namespace=other", "web?namespace=other",
              "web\n--namespace=other", "--namespace=other", "web%2f..%2fother"}) {
            const std::string pod = askingPod({{std::string(name), value}});
            if (decisionOn(pod).verdict == Verdict::Injected) {
                EXPECT_THAT(sidecarIn(pod, someDefaults()),
                            HasSubstr(R"("args":["--lease-name=web"])"))
                    << name << " " << value;
            }
        }
    }
}

TEST(AdmissionTest, FindsPortsOnlyWhereTheyAreDeclared) {
    const auto withPorts = [](const std::string& ports) {
        return decisionOn(askingPod({}, R"({"containers":[{"name":"web","ports":)" + ports + "}]}"))
            .verdict;
    };
    EXPECT_EQ(withPorts(R"([{"containerPort":80},{"containerPort":4040}])"), Verdict::Refused);
    EXPECT_EQ(withPorts(R"([{"containerPort":4040,"protocol":"TCP"}])"), Verdict::Refused);
    EXPECT_EQ(withPorts(R"([{"containerPort":4040,"protocol":"SCTP"}])"), Verdict::Injected);
    EXPECT_EQ(withPorts(R"([{"containerPort":80,"hostPort":4040}])"), Verdict::Injected);
    EXPECT_EQ(withPorts(R"([{"containerPort":69576}])"), Verdict::Injected);  // 4040 + 65536
}

// A Pod's spec with one container and this member beside it.
std::string specWith(const std::string& member) {
    return R"({"containers":[{"name":"web"}],)" + member + "}";
}

// Terms of a required node affinity, each by its expressions.
std::string affinityOf(const std::vector<std::string>& terms) {
    std::string list;
    for (const std::string& expressions : terms) {
        list += list.empty() ? "" : ",";
        list += R"({"matchExpressions":[)" + expressions + "]}";
    }
    return specWith(
        R"("affinity":{"nodeAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":)"
        R"({"nodeSelectorTerms":[)" +
        list + "]}}}");
}

std::string expression(const std::string& key, const std::string& relation,
                       const std::string& values) {
    return R"({"key":")" + key + R"(","operator":")" + relation + R"(","values":[)" + values + "]}";
}

TEST(AdmissionTest, KnowsPodsForWindowsByEverySign) {
    const std::string os = "kubernetes.io/os";
    const std::string windows = expression(os, "In", "\"windows\"");
    const std::string zone = expression("zone", "In", "\"a\"");
    for (const std::string& spec :
         {specWith(R"("os":{"name":"windows"})"),
          specWith(R"("nodeSelector":{"kubernetes.io/os":"windows"})"),
          specWith(R"("nodeSelector":{"a":"b","beta.kubernetes.io/os":"windows"})"),
          specWith(R"("nodeSelector":{"node.kubernetes.io/windows-build":"10.0.20348"})"),
          specWith(R"("securityContext":{"windowsOptions":{"hostProcess":true}})"),
          std::string(R"({"containers":[{"name":"a"},{"name":"b","securityContext":)"
                      R"({"windowsOptions":{"hostProcess":true}}}]})"),
          specWith(R"("initContainers":[{"name":"b","securityContext":)"
                   R"({"windowsOptions":{"hostProcess":true}}}])"),
          affinityOf({windows}), affinityOf({zone + "," + windows}),
          affinityOf({windows, zone + "," + windows}), affinityOf({windows, ""}),
          affinityOf({expression("beta.kubernetes.io/os", "In", "\"windows\"")}),
          affinityOf({expression(os, "NotIn", "\"linux\"")}),
          affinityOf({expression(os, "NotIn", "\"darwin\",\"linux\"")}),
          affinityOf({expression("node.kubernetes.io/windows-build", "Exists", "")}),
          affinityOf({expression("node.kubernetes.io/windows-build", "In", "\"10.0.20348\"")})}) {
        const Decision decision = decisionOn(askingPod({}, spec));
        EXPECT_EQ(decision.verdict, Verdict::Skipped) << spec;
        EXPECT_EQ(decision.reason, "Pods for Windows get no sidecar: it runs on Linux alone");
    }
}

TEST(AdmissionTest, TakesNoPodForOneOfWindowsThatMayRunOnLinux) {
    const std::string os = "kubernetes.io/os";
    const std::string windows = expression(os, "In", "\"windows\"");
    const std::string zone = expression("zone", "In", "\"windows\"");
    for (const std::string& spec :
         {specWith(R"("os":{"name":"linux"})"),
          specWith(R"("nodeSelector":{"kubernetes.io/os":"linux","os":"windows"})"),
          specWith(R"("securityContext":{"windowsOptions":{"hostProcess":false}})"),
          specWith(R"("securityContext":{"windowsOptions":{"runAsUserName":"x"}})"),
          specWith(
              R"("affinity":{"nodeAffinity":{"preferredDuringSchedulingIgnoredDuringExecution":)"
              R"([{"weight":1,"preference":{"matchExpressions":[)" +
              windows + "]}}]}}"),
          affinityOf({}), affinityOf({""}), affinityOf({zone}), affinityOf({windows, zone}),
          affinityOf({expression(os, "In", "\"windows\",\"linux\"")}),
          affinityOf({expression(os, "In", "")}), affinityOf({expression(os, "Exists", "")}),
          affinityOf({expression(os, "NotIn", "\"windows\"")}),
          affinityOf({expression("node.kubernetes.io/windows-build", "DoesNotExist", "")})}) {
        EXPECT_EQ(decisionOn(askingPod({}, spec)).verdict, Verdict::Injected) << spec;
    }
}

TEST(AdmissionTest, SaysWhatCannotBeRead) {
    const auto asking = [](const std::string& metadata, const std::string& rest) {
        return R"({"metadata":{"annotations":{"leader-elector.io/inject":"true",)"
               R"("leader-elector.io/lease-name":"a"})" +
               metadata + "}," + rest + "}";
    };
    const std::string web = R"("spec":{"containers":[{"name":"web"}]})";
    const auto spec = [](const std::string& member) {
        return R"("spec":{"containers":[{"name":"web"}],)" + member + "}";
    };
    const auto container = [](const std::string& member) {
        return R"("spec":{"containers":[{"name":"web",)" + member + "}]}";
    };
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "the Pod is no JSON"},
        {"{", "the Pod is no JSON"},
        {"[]", "the Pod is an array, not an object"},
        {R"({"metadata":5})", "metadata is a number, not an object"},
        {R"({"metadata":{"annotations":""}})", "metadata.annotations is a text, not an object"},
        {asking("", R"("spec":[])"), "spec is an array, not an object"},
        {asking("", R"("spec":null)"), "spec.containers names no container"},
        {asking(R"(,"namespace":{})", web), "metadata.namespace is an object, not a text"},
        {asking(R"(,"labels":[])", web), "metadata.labels is an array, not an object"},
        {asking(R"(,"labels":{"pod-template-hash":5})", web),
         "metadata.labels.pod-template-hash is a number, not a text"},
        {asking(R"(,"ownerReferences":{})", web),
         "metadata.ownerReferences is an object, not an array"},
        {asking(R"(,"ownerReferences":["x"])", web),
         "metadata.ownerReferences[] is a text, not an object"},
        {asking(R"(,"ownerReferences":[{"controller":"true"}])", web),
         "metadata.ownerReferences[].controller is a text, not a truth value"},
        {asking(R"(,"ownerReferences":[{"controller":true,"name":7}])", web),
         "metadata.ownerReferences[].name is a number, not a text"},
        {asking("", spec(R"("restartPolicy":1)")), "spec.restartPolicy is a number, not a text"},
        {asking("", spec(R"("hostNetwork":"true")")),
         "spec.hostNetwork is a text, not a truth value"},
        {asking("", spec(R"("os":"linux")")), "spec.os is a text, not an object"},
        {asking("", spec(R"("os":{"name":[]})")), "spec.os.name is an array, not a text"},
        {asking("", spec(R"("nodeSelector":[])")), "spec.nodeSelector is an array, not an object"},
        {asking("", spec(R"("nodeSelector":{"kubernetes.io/os":1})")),
         "spec.nodeSelector[kubernetes.io/os] is a number, not a text"},
        {asking("", spec(R"("securityContext":1)")),
         "spec.securityContext is a number, not an object"},
        {asking("", spec(R"("securityContext":{"runAsUser":"0"})")),
         "spec.securityContext.runAsUser is a text, not a number"},
        {asking("", spec(R"("securityContext":{"runAsUser":0.5})")),
         "spec.securityContext.runAsUser is no integer of 64 bits"},
        {asking("", spec(R"("volumes":{})")), "spec.volumes is an object, not an array"},
        {asking("", spec(R"("volumes":[[]])")), "spec.volumes[] is an array, not an object"},
        {asking("", spec(R"("volumes":[{"name":1}])")),
         "spec.volumes[].name is a number, not a text"},
        {asking("", spec(R"("initContainers":{})")),
         "spec.initContainers is an object, not an array"},
        {asking("", spec(R"("initContainers":["a"])")),
         "spec.initContainers[] is a text, not an object"},
        {asking("", R"("spec":{"containers":{}})"), "spec.containers is an object, not an array"},
        {asking("", R"("spec":{"containers":[7]})"),
         "spec.containers[] is a number, not an object"},
        {asking("", R"("spec":{"containers":[{}]})"), "a container has no name"},
        {asking("", R"("spec":{"containers":[{"name":true}]})"),
         "a container's name is a truth value, not a text"},
        {asking("", R"("spec":{"containers":[{"name":"\ud800"}]})"),
         "a container's name is no Unicode text"},
        {asking("", R"("spec":{"containers":[{"name":")"
                    "\xff"
                    R"("}]})"),
         "a container's name is no Unicode text"},
        {asking("", container(R"("ports":{})")), "a container's ports is an object, not an array"},
        {asking("", container(R"("ports":[1])")),
         "a container's ports[] is a number, not an object"},
        {asking("", container(R"("ports":[{"containerPort":"80"}])")),
         "a container's ports[].containerPort is a text, not a number"},
        {asking("", container(R"("ports":[{"containerPort":99999999999999999999}])")),
         "a container's ports[].containerPort is no integer of 64 bits"},
        {asking("", container(R"("ports":[{"protocol":1}])")),
         "a container's ports[].protocol is a number, not a text"},
        {asking("", container(R"("volumeMounts":1)")),
         "a container's volumeMounts is a number, not an array"},
        {asking("", container(R"("volumeMounts":[1])")),
         "a container's volumeMounts[] is a number, not an object"},
        {asking("", container(R"("volumeMounts":[{"name":1}])")),
         "a container's volumeMounts[].name is a number, not a text"},
        {asking("", container(R"("restartPolicy":{})")),
         "a container's restartPolicy is an object, not a text"},
    };
    for (const auto& [pod, sentence] : cases) {
        const Decision decision = decisionOn(pod);
        EXPECT_EQ(decision.verdict, Verdict::Failed) << pod;
        EXPECT_EQ(decision.reason, sentence) << pod;
        EXPECT_EQ(decision.patch, "[]");
    }
}

TEST(AdmissionTest, LeavesAloneWhatAsksForNothing) {
    for (const char* pod :
         {"null", "{}", R"({"metadata":null})", R"({"metadata":{"annotations":{}},"spec":7})",
          R"({"metadata":{"annotations":{"leader-elector.iO/inject":"true"}}})",
          R"({"metadata":{"annotations":{"x-leader-elector.io/inject":"true"}}})",
          R"({"metadata":{"annotations":{"leader-elector.io":"true"}}})",
          R"({"metadata":{"labels":{"leader-elector.io/inject":"true"}},"spec":{}})"}) {
        const Decision decision = decisionOn(pod);
        EXPECT_EQ(decision.verdict, Verdict::NotAsked) << pod;
        EXPECT_EQ(decision.reason, "");
        EXPECT_EQ(decision.patch, "[]");
    }
}

// An embedded zero ends no key, and no value.
TEST(AdmissionTest, TakesKeysAndValuesWhole) {
    EXPECT_EQ(
        decisionOn(R"({"metadata":{"annotations\u0000":{"leader-elector.io/inject":"true"}}})")
            .verdict,
        Verdict::NotAsked);
    const std::string spec = R"("spec":{"containers":[{"name":"web"}]}})";
    EXPECT_EQ(
        decisionOn(R"({"metadata":{"annotations":{"leader-elector.io/inject\u0000":"true"}},)" +
                   spec)
            .reason,
        "unknown annotation \"leader-elector.io/inject\\x00\" (did you mean "
        "leader-elector.io/inject?)");
    EXPECT_EQ(
        decisionOn(R"({"metadata":{"annotations":{"leader-elector.io/inject":"true\u0000"}},)" +
                   spec)
            .reason,
        "annotation leader-elector.io/inject \"true\\x00\" is refused: allowed are true and false");
    // The same key, written otherwise.
    EXPECT_EQ(
        decisionOn(R"({"metadata":{"annotations":{"leader\u002delector.io\/inject":"tr\u0075e",)"
                   R"("leader-elector.io/lease-name":"\u0061"}},)"
                   R"("spec":{"containers":[{"name":"web"}]}})")
            .leaseName,
        "a");
}

TEST(AdmissionTest, TakesTheLastOfEqualKeysAsTheApiServerDoes) {
    const std::string pod =
        R"({"metadata":{"annotations":{}},"metadata":{"annotations":null,)"
        R"("annotations":{"leader-elector.io/inject":"false","leader-elector.io/inject":"true",)"
        R"("leader-elector.io/lease-name":"a"}},)"
        R"("spec":{"hostNetwork":true,"hostNetwork":false,"containers":[],)"
        R"("containers":[{"name":"a","name":"b"}]}})";
    const Decision decision = decisionOn(pod);
    EXPECT_EQ(decision.leaseName, "a");
    const std::string patched = admission::apply(pod, decision.patch);
    EXPECT_THAT(patched, HasSubstr(R"("args":["--lease-name=a"])"));
    EXPECT_EQ(decisionOn(patched).verdict, Verdict::Already);
}

TEST(AdmissionTest, TakesObjectsOfAnyDepth) {
    for (const std::size_t depth : {std::size_t{100}, std::size_t{130}, std::size_t{1'000'000}}) {
        const std::string pod =
            askingPod({}, R"({"containers":[{"name":"web"}],"deep":)" + std::string(depth, '[') +
                              std::string(depth, ']') + "}");
        EXPECT_EQ(decisionOn(pod).verdict, Verdict::Injected) << depth;
    }
}

TEST(AdmissionTest, KeepsWhatItDoesNotKnowByteForByte) {
    const std::string strange =
        R"("strange" : [ 18446744073709551616,1.10, 1E-400 ,"\u00e9\ud800",{"a":1,"a":2}, null ])";
    const std::string pod = askingPod(
        {}, R"({"containers" : [ {"name":"web",)" + strange + R"(} ] , )" + strange + " }");
    const Decision decision = decisionOn(pod);
    EXPECT_EQ(decision.verdict, Verdict::Injected);
    std::string patched = admission::apply(pod, decision.patch);
    for (int i = 0; i < 2; ++i) {
        const auto at = patched.find(strange);
        ASSERT_NE(at, std::string::npos);
        patched.erase(at, strange.size());
    }
    EXPECT_EQ(patched.find("18446744073709551616"), std::string::npos);
}

TEST(AdmissionTest, BearsPodsOfAMebibyte) {
    std::string names;
    std::string keys;
    for (int i = 1; i < 1000; ++i) {
        names += ",{\"name\":\"c" + std::to_string(i) + "\"}";
    }
    for (int i = 0; i < 30'000; ++i) {
        keys += ",\"\\u006b" + std::to_string(i) + "\":\"" + std::string(20, 'v') + "\"";
    }
    const std::string pod = R"({"metadata":{"annotations":{"leader-elector.io/inject":"true",)"
                            R"("leader-elector.io/lease-name":"a")" +
                            keys + R"(}},"spec":{"containers":[{"name":"web"})" + names + "]}}";
    ASSERT_GT(pod.size(), 1U << 20U);
    const Decision decision = decisionOn(pod);
    EXPECT_EQ(decision.verdict, Verdict::Injected);
    EXPECT_EQ(decisionOn(admission::apply(pod, decision.patch)).verdict, Verdict::Already);
}

// As many of `element` as that, between commas.
std::string repeated(const std::string& element, std::size_t count) {
    std::string text = element;
    for (std::size_t i = 1; i < count; ++i) {
        text += "," + element;
    }
    return text;
}

// A list or map of a Pod: what stands before and behind its elements.
struct Counted {
    std::string path;
    std::size_t most;
    std::string before;
    std::string element;
    std::string behind;
};

TEST(AdmissionTest, RefusesAbsurdCountsAndNamesTheListTheCountAndTheLimit) {
    const std::string asking = R"({"metadata":{"annotations":{"leader-elector.io/inject":"true",)"
                               R"("leader-elector.io/lease-name":"a")";
    const std::string web = R"("containers":[{"name":"web"}])";
    const std::vector<Counted> cases{
        {"metadata.annotations", 65'536, asking + ",", R"("k":"")", R"(}},"spec":{)" + web + "}}"},
        {"metadata.labels", 65'536, asking + R"(},"labels":{)", R"("k":"")",
         R"(}},"spec":{)" + web + "}}"},
        {"metadata.ownerReferences", 65'536, asking + R"(},"ownerReferences":[)", "{}",
         R"(]},"spec":{)" + web + "}}"},
        {"spec.volumes", 65'536, asking + R"(}},"spec":{"volumes":[)", R"({"name":"v"})",
         "]," + web + "}}"},
        {"spec.initContainers", 1000, asking + R"(}},"spec":{"initContainers":[)",
         R"({"name":"c"})", "]," + web + "}}"},
        {"spec.containers", 1000, asking + R"(}},"spec":{"containers":[)", R"({"name":"c"})",
         "]}}"},
        {"spec.initContainers, to which annotations add,", 50,
         asking + R"(,"leader-elector.io/env":"own"}},"spec":{"initContainers":[)",
         R"({"name":"c"})", "]," + web + "}}"},
        {"spec.containers, to which annotations add,", 50,
         asking + R"(,"leader-elector.io/status-dir":"/run/x"}},"spec":{"containers":[)",
         R"({"name":"c"})", "]}}"},
        {"a container's ports", 65'536,
         asking + R"(}},"spec":{"containers":[{"name":"web","ports":[)", R"({"containerPort":80})",
         "]}]}}"},
        {"a container's volumeMounts", 65'536,
         asking + R"(}},"spec":{"containers":[{"name":"web","volumeMounts":[)", R"({"name":"v"})",
         "]}]}}"},
    };
    for (const auto& [path, most, before, element, behind] : cases) {
        const std::size_t own = path == "metadata.annotations" ? 2 : 0;
        EXPECT_EQ(decisionOn(before + repeated(element, most - own) + behind).verdict,
                  Verdict::Injected)
            << path;
        for (const std::size_t count : {most + 1, most * 3}) {
            const Decision decision = decisionOn(before + repeated(element, count - own) + behind);
            EXPECT_EQ(decision.verdict, Verdict::Refused) << path;
            EXPECT_EQ(decision.reason, path + " with " + std::to_string(count) +
                                           " elements is refused: allowed are at most " +
                                           std::to_string(most));
        }
    }
}

TEST(AdmissionTest, CountsNothingOfAPodThatDoesNotAsk) {
    const std::string labels = R"("labels":{)" + repeated(R"("k":"")", 70'000) + "}";
    for (const char* annotations : {"{}", R"({"leader-elector.io/inject":"false"})"}) {
        EXPECT_EQ(decisionOn(std::string(R"({"metadata":{"annotations":)") + annotations +
                             R"(},"spec":{"containers":[)" + repeated("{}", 2000) + "]}}")
                      .verdict,
                  Verdict::NotAsked);
    }
    EXPECT_EQ(decisionOn("{\"metadata\":{" + labels + "}}").verdict, Verdict::NotAsked);
}

TEST(AdmissionTest, RefusesTextsThatAreLongerThanAnyNameIs) {
    const auto containerNamed = [](const std::string& name) {
        return decisionOn(askingPod({}, R"({"containers":[{"name":")" + name + "\"}]}"));
    };
    EXPECT_EQ(containerNamed(std::string(512, 'a')).verdict, Verdict::Injected);
    EXPECT_EQ(containerNamed(std::string(513, 'a')).verdict, Verdict::Refused);
    const Decision decision = containerNamed(std::string(1'000'000, 'a'));
    EXPECT_EQ(decision.verdict, Verdict::Refused);
    EXPECT_EQ(decision.reason,
              "a container's name with 1000002 bytes is refused: allowed are at most 512");
}

TEST(AdmissionTest, NamesTheFirstUnknownAnnotationByItsNameHoweverManyThereAre) {
    const std::string sentence = "unknown annotation \"leader-elector.io/aa\"";
    for (const Pairs& order :
         {Pairs{{"zz", ""}, {"aa", ""}, {"mm", ""}}, Pairs{{"aa", ""}, {"mm", ""}, {"zz", ""}},
          Pairs{{"mm", ""}, {"zz", ""}, {"aa", ""}}}) {
        const Decision decision = decisionOn(askingPod(order));
        EXPECT_EQ(decision.verdict, Verdict::Refused);
        EXPECT_THAT(decision.reason, HasSubstr(sentence));
    }
    EXPECT_EQ(decisionOn(podWith({{"inject", "false"}, {"zz", ""}})).verdict, Verdict::NotAsked);
}

TEST(AdmissionTest, RefusesAVolumeOfTheNameThatItsTokenNeeds) {
    const auto decision = decisionOn(askingPod(
        {}, R"({"volumes":[{"name":"leader-elector-token"}],"containers":[{"name":"web"}]})"));
    EXPECT_EQ(decision.verdict, Verdict::Refused);
    EXPECT_EQ(decision.reason,
              "the Pod has a volume \"leader-elector-token\" of its own, a name that its sidecar "
              "needs: call it something else");
}

TEST(AdmissionTest, RefusesWhatMayHaveAnOwnerForEachVersionUnlessItNamesItsLease) {
    const auto owned = [](const Pairs& annotations) {
        return R"({"metadata":{"name":"web","annotations":{)" + annotationsText(annotations) +
               R"(},"ownerReferences":[{"apiVersion":"apps.example.com/v1","kind":"CloneSet",)"
               R"("name":"web","controller":true}]},"spec":{"containers":[{"name":"web"}]}})";
    };
    const auto refused = decisionOn(owned({{"inject", "true"}}));
    EXPECT_EQ(refused.verdict, Verdict::Refused);
    EXPECT_EQ(refused.reason,
              "the Pod's owner \"CloneSet/web\" is of a kind that may have one for each version: "
              "set the annotation leader-elector.io/lease-name");
    const auto injected = decisionOn(owned({{"inject", "true"}, {"lease-name", "web"}}));
    EXPECT_EQ(injected.verdict, Verdict::Injected) << injected.reason;
}

// Whatever is done to a Pod's text, it is decided about, and what is patched once is not patched
// twice.
TEST(AdmissionTest, DecidesAboutAnyDamage) {
    const std::string whole =
        R"({"metadata":{"name":"web","labels":{"pod-template-hash":"5d9c"},"annotations":{)" +
        annotationsText({{"inject", "true"}, {"mode", "container"}, {"port", "81"}}) +
        R"(},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d9c",)"
        R"("controller":true}]},"spec":{"volumes":[],"initContainers":[{"name":"init"}],)"
        R"("containers":[{"name":"web","ports":[{"containerPort":80}],"volumeMounts":[]}]}})";
    const std::string_view letters = "{}[]\",:\\ 0-9truefalsn\x01\xff/~";
    std::mt19937 random(20'260'131);
    std::size_t injected = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string pod = whole;
        for (std::size_t count = 1 + random() % 3; count > 0; --count) {
            const std::size_t at = random() % pod.size();
            switch (random() % 3) {
                case 0:
                    pod[at] = letters[random() % letters.size()];
                    break;
                case 1:
                    pod.erase(at, 1 + random() % 20);
                    break;
                default:
                    pod.insert(at, pod.substr(random() % pod.size(), random() % 20));
            }
        }
        const Decision first = decisionOn(pod);
        ASSERT_LT(first.reason.size(), 256U) << pod;
        if (first.verdict != Verdict::NotAsked) {
            ASSERT_EQ(first.reason.empty(), first.verdict == Verdict::Injected) << pod;
        }
        if (first.patch != "[]") {
            const Decision second = decisionOn(admission::apply(pod, first.patch));
            ASSERT_EQ(second.patch, "[]") << pod;
            injected += second.verdict == Verdict::Already ? 1 : 0;
        }
    }
    EXPECT_GT(injected, 100U);
}

}  // namespace
}  // namespace injector::admission
