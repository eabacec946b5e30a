#include "injector/offline/manifest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "elector/runtime/json_text.h"
#include "injector/admission/admission.h"
#include "injector/offline/workload.h"
#include "injector/offline/yaml.h"

namespace injector::offline {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

namespace json_text = elector::json_text;

config::InjectRequest request() {
    config::InjectRequest request;
    request.file = "web.yaml";
    request.space = "default";
    request.defaults.values["image"] = "leader-elector:test";
    return request;
}

Manifest inject(const std::string& text) {
    return injectManifest(text, "web.yaml", request());
}

// `text` stays as it is, with these notes.
void expectUntouched(const std::string& text, const std::vector<std::string>& notes) {
    const auto manifest = inject(text);
    EXPECT_EQ(manifest.text, text);
    EXPECT_EQ(manifest.notes, notes);
    EXPECT_THAT(manifest.refusals, IsEmpty());
}

constexpr const char* kNothing =
    "web.yaml: nothing in it asks for a sidecar; annotate a workload or its Pod template with "
    "leader-elector.io/inject: \"true\"";

std::string workload(const std::string& apiVersion, const std::string& kind,
                     const std::string& annotations) {
    return fmt::format(
        "apiVersion: {}\nkind: {}\nmetadata:\n  name: web\n  annotations: {{{}}}\nspec:\n  "
        "template:\n    spec:\n      containers:\n      - {{name: a, image: b}}\n",
        apiVersion, kind, annotations);
}

constexpr const char* kInject = "leader-elector.io/inject: 'true'";

TEST(ManifestTest, LeavesWhatAsksForNothingByteForByte) {
    expectUntouched("", {kNothing});
    expectUntouched("# c\n---\n a:   'b'  # d\n---\r\n{\"x\" : [ 1 ]}\n...\n", {kNothing});
    expectUntouched(workload("apps/v1", "Deployment", ""), {kNothing});
    expectUntouched("just a text\n", {kNothing});
    expectUntouched("- a\n- b\n", {kNothing});
}

TEST(ManifestTest, InjectsOneOfSeveralDocuments) {
    const std::string before = "# one\na:   1\n---\n";
    const std::string behind = "---\nb:   [ 2 ]   # three\n";
    const auto manifest = inject(before + workload("apps/v1", "Deployment", kInject) + behind);
    EXPECT_THAT(manifest.refusals, IsEmpty());
    EXPECT_THAT(manifest.notes, IsEmpty());
    EXPECT_TRUE(manifest.text.starts_with(before + "apiVersion: apps/v1\nkind: Deployment\n"));
    EXPECT_TRUE(manifest.text.ends_with("        readOnly: true\n" + behind)) << manifest.text;
    EXPECT_THAT(manifest.text, HasSubstr("leader-elector.io/lease-name: web\n"));
}

TEST(ManifestTest, KeepsWhatStandsBeforeADocumentAndBehindIt) {
    const auto manifest = inject("\ufeff# licence\n--- # marker\n# Source: web\n\n" +
                                 workload("apps/v1", "Deployment", kInject) + "\n# end\n...\n");
    EXPECT_TRUE(manifest.text.starts_with(
        "\ufeff# licence\n--- # marker\n# Source: web\n\napiVersion: apps/v1\n"));
    EXPECT_TRUE(manifest.text.ends_with("        readOnly: true\n# end\n...\n"));
}

TEST(ManifestTest, EndsLinesAsTheyWereEnded) {
    auto text = workload("apps/v1", "Deployment", kInject);
    const auto expected = inject(text).text;
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 2)) {
        text.insert(at, 1, '\r');
    }
    auto injected = inject(text).text;
    EXPECT_THAT(injected, HasSubstr("kind: Deployment\r\n"));
    std::erase(injected, '\r');
    EXPECT_EQ(injected, expected);
}

TEST(ManifestTest, KeepsJsonAsItWasAroundTheTemplate) {
    const std::string before =
        "{ \"kind\" : \"DaemonSet\",\n\t\"apiVersion\": \"apps/v1\", \"n\": "
        "18446744073709551616,\n \"metadata\": { \"name\": \"d\" },\n "
        "\"spec\": { \"template\" : ";
    const std::string behind = " , \"z\" : 1e400 }\n}\n";
    const auto manifest =
        inject(before +
               R"({"metadata":{"annotations":{"leader-elector.io/inject":"true"}},)"
               R"("spec":{ "containers" : [ {"name":"a","big":18446744073709551616} ]}})" +
               behind + "{\"kind\":\"x\"}");
    EXPECT_THAT(manifest.refusals, IsEmpty());
    EXPECT_TRUE(manifest.text.starts_with(before));
    EXPECT_TRUE(manifest.text.ends_with(behind + "{\"kind\":\"x\"}"));
    EXPECT_THAT(manifest.text,
                HasSubstr(R"("containers" : [ {"name":"a","big":18446744073709551616} ])"));
    EXPECT_THAT(manifest.text, HasSubstr(R"("--lease-name=d")"));
    for (const auto& document : {manifest.text.substr(0, manifest.text.rfind('{'))}) {
        EXPECT_TRUE(json_text::isValid(document)) << document;
    }
}

TEST(ManifestTest, InjectsTheItemsOfLists) {
    const auto manifest = inject(
        "apiVersion: v1\n"
        "kind: List\n"
        "items:\n"
        "- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}}\n"
        "- apiVersion: apps/v1\n"
        "  kind: StatefulSetList\n"
        "  items:\n"
        "  - metadata: {name: inner, annotations: {leader-elector.io/inject: 'true'}}\n"
        "    spec: {template: {spec: {containers: [{name: a}]}}}\n"
        "- apiVersion: batch/v1\n"
        "  kind: CronJob\n"
        "  metadata: {name: outer, annotations: {leader-elector.io/inject: 'true'}}\n"
        "  spec: {jobTemplate: {spec: {template: {spec: {containers: [{name: a}]}}}}}\n"
        "- apiVersion: apps/v1\n"
        "  kind: Deployment\n"
        "  metadata: {name: wrong}\n"
        "  spec: {template: {metadata: {annotations: {leader-elector.io/inject: 'maybe'}}, spec: "
        "{containers: [{name: a}]}}}\n");
    EXPECT_THAT(manifest.refusals,
                ElementsAre("web.yaml: document 1, item 4, line 14, Deployment/wrong: annotation "
                            "leader-elector.io/inject \"maybe\" is refused: allowed are true and "
                            "false"));
    EXPECT_THAT(manifest.text, HasSubstr("--lease-name=inner"));
    EXPECT_THAT(manifest.text, HasSubstr("--lease-name=outer"));
}

TEST(ManifestTest, CountsTheAnnotationsOfAJobItself) {
    const auto manifest = inject(workload("batch/v1", "Job", kInject));
    EXPECT_THAT(manifest.text, HasSubstr("--lease-name=web"));
}

TEST(ManifestTest, TakesTheNamespaceOfTheRequestWhereAnObjectNamesNone) {
    auto of = request();
    of.space = "kube-system";
    const auto text = workload("apps/v1", "Deployment", kInject);
    const auto manifest = injectManifest(text, "web.yaml", of);
    EXPECT_EQ(manifest.text, text);
    EXPECT_THAT(manifest.notes,
                ElementsAre("web.yaml: document 1, line 1, Deployment/web: it gets no sidecar: "
                            "Pods in the namespace kube-system get no sidecar"));
    const auto named = "metadata: {namespace: kube-public, name: a, annotations: {" +
                       std::string(kInject) + "}}\nkind: Pod\napiVersion: v1\nspec: {}\n";
    expectUntouched("metadata: {namespace: kube-public, name: a, annotations: {" +
                        std::string(kInject) +
                        "}}\nkind: Pod\napiVersion: v1\nspec: {containers: [{name: a}]}\n",
                    {"web.yaml: document 1, line 1, Pod/a: it gets no sidecar: Pods in the "
                     "namespace kube-public get no sidecar"});
}

TEST(ManifestTest, SaysWhatHasNoEffect) {
    expectUntouched(workload("apps/v1", "ReplicaSet", kInject),
                    {"web.yaml: document 1, line 1, ReplicaSet/web: its own annotations have no "
                     "effect, since those of this kind are not copied to its Pods; annotate its "
                     "Pod template"});
    expectUntouched(
        "---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  annotations: {" +
            std::string(kInject) +
            "}\n  ownerReferences: [{controller: true}]\nspec: {template: {spec: {}}}\n",
        {"web.yaml: document 1, line 2, Deployment/web: its own annotations have no effect, since "
         "a controller owns it; annotate its owner"});
    expectUntouched(workload("argoproj.io/v1alpha1", "Rollout", kInject),
                    {"web.yaml: document 1, line 1, Rollout/web: this kind is not injected "
                     "offline, and stays as it is; in a cluster the webhook injects its Pods where "
                     "their own annotations ask for it"});
    expectUntouched(workload("apps/v1", "Deployment", "leader-elector.io/port: '5'"),
                    {"web.yaml: document 1, line 1, Deployment/web: the Pod has annotations of the "
                     "injector, but not leader-elector.io/inject \"true\"; so it gets no sidecar"});
    expectUntouched(workload("apps/v1", "Deployment", "leader-elector.io/inject: 'false'"), {});
    expectUntouched(workload("example.org/v1", "Thing", ""), {kNothing});
}

struct Refused {
    std::string name;
    std::string text;
    std::string refusal;
};

class ManifestRefusalTest : public testing::TestWithParam<Refused> {};

TEST_P(ManifestRefusalTest, NamesPlaceObjectReasonAndRemedy) {
    EXPECT_THAT(inject(GetParam().text).refusals, ElementsAre(GetParam().refusal));
}

INSTANTIATE_TEST_SUITE_P(
    Documents, ManifestRefusalTest,
    testing::Values(
        Refused{"NoYaml", "a: 1\n---\n# c\nb: c: d\n",
                "web.yaml: document 2, line 4: this is not valid YAML: mapping values are not "
                "allowed in this context; mend it, or what stands before it"},
        Refused{"NoUtf8", "a: \xff\n", "web.yaml: it is not UTF-8; convert it"},
        Refused{"Utf16", std::string("\xff\xfe\x61\x00", 4),
                "web.yaml: it is not UTF-8; convert it"},
        Refused{"AControlCharacter", "a: 1\nb: \x04\n",
                "web.yaml: line 2: the control character U+0004 stands here; remove it"},
        Refused{"AReturnAlone", "a: 1\rb: 2\n",
                "web.yaml: line 1: the control character U+000D stands here; remove it"},
        Refused{"MoreThanACommentBehindAMarker", "a: |\n  b\n--- {c: d}\n",
                "web.yaml: line 3: more than a comment stands behind ---, which kubectl takes for "
                "the end of a document; begin the next one in a line of its own"},
        Refused{"ALineOfAQuoteThatLooksLikeAMarker", "a: 'b\n---c'\n",
                "web.yaml: line 2: more than a comment stands behind ---, which kubectl takes for "
                "the end of a document; begin the next one in a line of its own"},
        Refused{
            "MoreBehindAnEndMarker", "---\na: b\n...\nc: d\n",
            "web.yaml: document 1, line 4: more stands behind the document's end, where kubectl "
            "reads no further; begin another one with ---"},
        Refused{
            "JsonValuesInARowBehindAMarker", "---\n{}\n{}\n",
            "web.yaml: document 1, line 3: more stands behind the document's end, where kubectl "
            "reads no further; begin another one with ---"},
        Refused{"JsonThatIsNoYamlBehindAMarker", "a: b\n---\n{\"c\": \"\\ud83d\\ude00\"}\n",
                "web.yaml: document 2, line 3: this is not valid YAML: while parsing a quoted "
                "scalar: found invalid Unicode character escape code; mend it, or what stands "
                "before it"},
        Refused{"AControlCharacterInAComment", "a: b\n---\n# \u0080\n",
                "web.yaml: document 1, line 3: this is not valid YAML: control characters are not "
                "allowed; mend it, or what stands before it"},
        Refused{"TooLong", std::string(kMaxManifest + 1, '#'),
                "web.yaml: it is longer than 10 MiB; split it"},
        Refused{"AKeyTwice",
                workload("apps/v1", "Deployment", kInject + std::string(", ") + kInject),
                "web.yaml: document 1, line 5: the key \"leader-elector.io/inject\" is given twice "
                "in one mapping; remove one"},
        Refused{
            "AJsonKeyTwice",
            R"({"metadata":{"annotations":{"leader-elector.io/inject":"true"},"annotations":{}}})",
            "web.yaml: document 1, line 1: the key \"annotations\" is given twice in one "
            "object; remove one"},
        Refused{"JsonThatIsTooDeep",
                R"({"leader-elector.io/":)" + std::string(128, '[') + std::string(128, ']') + "}",
                "web.yaml: document 1, line 1: this is nested deeper than 128 levels"},
        Refused{"AliasesOfThemselves", workload("apps/v1", "Deployment", kInject) + "x: &x [*x]\n",
                "web.yaml: document 1, line 11: an alias stands for something that contains it; "
                "write the value out"}),
    [](const auto& param) { return param.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Objects, ManifestRefusalTest,
    testing::Values(
        Refused{"AnUnquotedAnnotation",
                workload("apps/v1", "Deployment", "leader-elector.io/inject: yes"),
                "web.yaml: document 1, line 1, Deployment/web: annotation leader-elector.io/inject "
                "is refused: it is no text; write its value in quotes"},
        Refused{"NoTemplate",
                "kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: w, annotations: {" +
                    std::string(kInject) + "}}\nspec: {}\n",
                "web.yaml: document 1, line 1, StatefulSet/w: it has no Pod template; write one"},
        Refused{"MetadataThatIsNone",
                workload("apps/v1", "Deployment", kInject) + "    metadata: x\n",
                "web.yaml: document 1, line 1, Deployment/web: metadata of its Pod template is a "
                "text, not an object"},
        Refused{"LabelsThatAreNone",
                workload("apps/v1", "Deployment", kInject) + "    metadata: {labels: [a]}\n",
                "web.yaml: document 1, line 1, Deployment/web: metadata.labels of its Pod template "
                "is an array, not an object"},
        Refused{"NoName",
                "apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: a-, annotations: {" +
                    std::string(kInject) +
                    "}}\nspec: {template: {spec: {containers: [{name: a}]}}}\n",
                "web.yaml: document 1, line 1, Job/a-*: no workload owns the Pod, after which its "
                "Lease could be called: set the annotation leader-elector.io/lease-name"},
        Refused{"NoContainers",
                "apiVersion: apps/v1\nkind: DaemonSet\nmetadata: {name: d, annotations: {" +
                    std::string(kInject) + "}}\nspec: {template: {spec: {}}}\n",
                "web.yaml: document 1, line 1, DaemonSet/d: spec.containers names no container"}),
    [](const auto& param) { return param.param.name; });

TEST(ManifestTest, TellsAllRefusalsAtOnce) {
    const auto wrong = workload("apps/v1", "Deployment", "leader-elector.io/inject: 'x'");
    EXPECT_EQ(inject(wrong + "---\n" + wrong + "---\na: b: c\n").refusals.size(), 3U);
}

TEST(ManifestTest, PassesOnWhatItDoesNotUnderstandWhereItIsNotAboutUs) {
    expectUntouched("a: 1\na: 2\n",
                    {"web.yaml: document 1, line 2: this document stays as it is, and was not "
                     "looked into: the key \"a\" is given twice in one mapping; remove one",
                     kNothing});
    expectUntouched("{\"a\":1,\"a\":2}", {kNothing});
    expectUntouched("a: !foo b\n",
                    {"web.yaml: document 1, line 1: this document stays as it is, and was not "
                     "looked into: the tag \"!foo\" is not understood; leave it out, and write the "
                     "value as it shall be",
                     kNothing});
}

TEST(ManifestTest, FindsAnAnnotationHoweverItIsWritten) {
    for (const auto* annotation :
         {R"("leader\u002delector.io/inject": "true")", R"("\x6ceader-elector.io/inject": 'true')",
          "? leader-elector.io/inject\n        : 'true'",
          "<<: {leader-elector.io/inject: 'true'}"}) {
        const auto manifest = inject(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n"
            "    metadata:\n      annotations: \n        " +
            std::string(annotation) + "\n    spec: {containers: [{name: a}]}\n");
        EXPECT_THAT(manifest.text, HasSubstr("--lease-name=web")) << annotation;
    }
}

TEST(ManifestTest, ChangesNothingTheSecondTime) {
    const auto once = inject(workload("apps/v1", "Deployment", kInject)).text;
    expectUntouched(once, {"web.yaml: document 1, line 1, Deployment/web: it has its sidecar "
                           "already, and stays as it is"});
}

// The Pods that a cluster makes of an injected template pass the webhook as they are.
TEST(ManifestTest, MakesTemplatesWhosePodsTheWebhookLeavesAlone) {
    struct Kind {
        std::string apiVersion;
        std::string kind;
    };
    for (const auto& [apiVersion, kind] :
         {Kind{"apps/v1", "Deployment"}, Kind{"apps/v1", "StatefulSet"}, Kind{"batch/v1", "Job"}}) {
        const auto manifest = inject(workload(apiVersion, kind, kInject));
        const auto read = readYaml(manifest.text);
        const auto pod = podOf(*cluster::findWorkloadKind(apiVersion, kind),
                               std::get<YamlContent>(read).json, Copies::Yes);
        const auto decision = admission::admit(pod, "default", request().defaults);
        EXPECT_EQ(decision.verdict, admission::Verdict::Already) << kind;
        EXPECT_EQ(decision.patch, "[]");
        EXPECT_EQ(decision.leaseName, "web");
    }
}

// Each of a number of files that were damaged in a few places is injected, passed on or refused;
// what is printed of it, printed again, stays the same.
TEST(ManifestTest, SurvivesDamage) {
    const std::vector<std::string> originals{
        "# c\n" + workload("apps/v1", "Deployment", kInject) + "---\na: &x [1, 'b']\nc: *x\n...\n",
        R"({"apiVersion":"v1","kind":"List","items":[{"apiVersion":"batch/v1","kind":"CronJob",)"
        R"("metadata":{"name":"a","annotations":{"leader-elector.io/inject":"true"}},"spec":)"
        R"({"jobTemplate":{"spec":{"template":{"spec":{"containers":[{"name":"a"}]}}}}}}]} {"a":1})"};
    const std::string marks = "{}[]:,-'\"\\|>&*!#?%@ \n\t.0aly~<\r\x01\xc3";
    std::size_t injected = 0;
    for (unsigned seed = 0; seed < 6000; ++seed) {
        std::mt19937 random(seed);
        auto text = originals[seed % originals.size()];
        for (auto damages = 1 + random() % 3; damages > 0; --damages) {
            const auto at = random() % text.size();
            const auto mark = marks[random() % marks.size()];
            switch (random() % 3) {
                case 0:
                    text[at] = mark;
                    break;
                case 1:
                    text.insert(at, 1, mark);
                    break;
                default:
                    text.erase(at, 1 + random() % 5);
            }
        }
        const auto once = inject(text);
        if (once.refusals.empty()) {
            ASSERT_EQ(inject(once.text).text, once.text) << "seed " << seed << ":\n" << text;
            injected += once.text == text ? 0 : 1;
        }
    }
    EXPECT_GT(injected, 100U);
}

// What the operator would copy is there: its apply changes nothing, and restarts no Pod.
TEST(ManifestTest, WritesTheWorkloadsAnnotationsIntoTheTemplate) {
    const auto manifest = inject(workload(
        "apps/v1", "Deployment", kInject + std::string(", leader-elector.io/port: '5000'")));
    EXPECT_THAT(manifest.text, HasSubstr("    metadata:\n"
                                         "      annotations:\n"
                                         "        leader-elector.io/inject: \"true\"\n"
                                         "        leader-elector.io/port: \"5000\"\n"
                                         "        leader-elector.io/lease-name: web\n"));
}

}  // namespace
}  // namespace injector::offline
