// What reading foreign bytes costs the processor: linear in their number, whatever they are. (What
// the heads of requests and answers cost is in tests/unit/http/cost_test.cpp.)
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>

#include "elector/commands/commands.h"
#include "elector/kubernetes/access.h"
#include "elector/kubernetes/client.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/json_filter.h"
#include "injector/admission/review.h"
#include "injector/certificates/certificate.h"
#include "injector/cluster/object_meta.h"
#include "injector/offline/manifest.h"
#include "tests/support/processor_time.h"
#include "tests/support/temporary_folder.h"
#include "tests/unit/commands/scripted_server.h"
#include "tests/unit/injector/admission/pod_text.h"
#include "tests/unit/injector/admission/review_support.h"
#include "tests/unit/kubernetes/scripted_server.h"

namespace elector {
namespace {

using Reader = std::function<void(const std::string& bytes)>;

// `before`, `part` as often as makes the size, `between` them, and `after`; "@" in the part is the
// number of each.
struct Shape {
    std::string name;
    Reader read;
    std::string before;
    std::string part;
    std::string between;
    std::string after;
    std::size_t least = std::size_t{64} * 1024;  // of the smaller input, in bytes

    std::string ofSize(std::size_t size) const {
        const auto at = part.find('@');
        std::string text = before;
        for (int number = 0; text.size() < size; ++number) {
            text += number == 0 ? "" : between;
            text += at == std::string::npos
                        ? part
                        : fmt::format("{}{}{}", part.substr(0, at), number, part.substr(at + 1));
        }
        return text + after;
    }
};

// The name that GoogleTest looks for.
// NOLINTNEXTLINE(readability-identifier-naming)
void PrintTo(const Shape& shape, std::ostream* out) {
    *out << shape.name;
}

std::string nameOf(const testing::TestParamInfo<Shape>& info) {
    return info.param.name;
}

void readReview(const std::string& pod) {
    injector::admission::review(injector::admission::reviewOf(pod),
                                injector::admission::someDefaults());
}

// As a list or a watch: in blocks, through the filter, and then what is kept.
void readObject(const json_text::Keep& keep, const std::string& text) {
    constexpr std::size_t kBlock = 4096;
    json_text::Filter filter(keep, std::size_t{3} << 20U);
    for (std::size_t at = 0; at < text.size(); at += kBlock) {
        filter.take(std::string_view(text).substr(at, kBlock));
    }
    const auto meta = injector::cluster::parseMeta(filter.text());
    ASSERT_TRUE(meta || !meta.error().message.empty());
}

void readMeta(const std::string& text) {
    readObject(injector::cluster::kMetaOnly, text);
}
void readPod(const std::string& text) {
    readObject(injector::cluster::kPodOnly, text);
}

void readLease(const std::string& text) {
    const auto lease = kubernetes::parseLease(text);
    if (lease) {
        election::LeaseRecord record = lease.value().record;
        record.holder = "other";
        ASSERT_FALSE(kubernetes::updatedLease(lease.value(), record).empty());
    }
}

void readManifest(const std::string& text) {
    injector::config::InjectRequest request;
    request.defaults = injector::admission::someDefaults();
    const auto manifest = injector::offline::injectManifest(text, "file", request);
    ASSERT_TRUE(!manifest.text.empty() || !manifest.refusals.empty());
}

// Closes what the text leaves open.
void readListsInLists(const std::string& text) {
    std::string closed = text;
    for (auto left = std::ranges::count(text, '['); left > 0; --left) {
        closed += "]}";
    }
    readManifest(closed);
}

void readKubeconfig(const std::string& text) {
    const test::TemporaryFolder folder;
    const auto file = folder.path() + "/config";
    test::writeText(file, text);
    EXPECT_THROW(kubernetes::readKubeconfig({file}), std::runtime_error);
}

void readAnchors(const std::string& pem) {
    ASSERT_TRUE(kubernetes::certificatesIn(pem).empty());
}

void readCertificates(const std::string& pem) {
    ASSERT_TRUE(injector::certificates::Certificate::readAll(pem).empty());
}

// Over a connection, as the client of an API server reads it too.
void readAnswer(const std::string& text) {
    const commands::ScriptedServer server(commands::sends(text));
    const runtime::SystemClock clock;
    commands::ask({"127.0.0.1", server.port()}, "/", std::chrono::minutes(1), clock);
}

// An answer over a socket, as the API server sends it or a proxy in between.
void readBody(const std::string& answer) {
    kubernetes::ScriptedServer server({[&](kubernetes::ScriptedPeer& peer) {
        peer.readRequest();
        peer.send(answer);
    }});
    kubernetes::Access access;
    access.server = server.endpoint();
    const runtime::SystemClock clock;
    kubernetes::Client client(std::move(access), clock);
    const auto got = client.request({kubernetes::Method::Get, "/x", ""},
                                    {clock.now() + std::chrono::seconds(20), {}});
    ASSERT_TRUE(got || !got.error().message.empty());
}

void readStatus(const std::string& text) {
    ASSERT_FALSE(kubernetes::statusError(500, std::nullopt, text, "GET x").message.empty());
}

const std::string kLease =
    R"({"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"n","uid":"u","resourceVersion":"1")";
const std::string kMeta = R"({"metadata":{"name":"p","namespace":"n","uid":"u")";
const std::string kAsking =
    R"({"metadata":{"annotations":{"leader-elector.io/inject":"true","leader-elector.io/lease-name":"l")";
const std::string kPodSpec = R"(},"spec":{"containers":[{"name":"c"}]}})";
const std::string kChunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const std::string kEnvironment = "},\"spec\":{\"containers\":[{\"name\":\"c\",\"env\":[";
const std::string kManifest =
    "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    "
    "leader-elector.io/inject: 'true'\n    leader-elector.io/lease-name: l\nspec:\n  containers:\n"
    "  - name: c\n";

class CostTest : public testing::TestWithParam<Shape> {};

TEST_P(CostTest, IsLinear) {
    constexpr int kRuns = 5;
    constexpr std::size_t kTimes = 4;
    const auto& shape = GetParam();
    const auto small = shape.ofSize(shape.least);
    const auto large = shape.ofSize(kTimes * shape.least);
    const auto timeOf = [&](const std::string& bytes) {
        return test::leastTimeOf([&] { shape.read(bytes); }, kRuns);
    };
    const auto timeOfSmall = timeOf(small);
    const auto timeOfLarge = timeOf(large);
    std::cout << fmt::format(
        "{:6.1f} ns/byte {}\n",
        static_cast<double>(timeOfLarge.count()) / static_cast<double>(large.size()), shape.name);
    // Twice what is linear, and a bit for what is too short to be measured.
    EXPECT_LT(timeOfLarge, 2 * kTimes * timeOfSmall + std::chrono::milliseconds(1));
}

INSTANTIATE_TEST_SUITE_P(
    Reviews, CostTest,
    testing::Values(
        Shape{"AnnotationsOfOurs", readReview, kAsking, R"("leader-elector.io/a@":"b")", ",",
              "}" + kPodSpec},
        Shape{"OneAnnotationAgainAndAgain", readReview, kAsking + ",",
              R"("leader-elector.io/image":"a@")", ",", "}" + kPodSpec},
        Shape{"EscapedAnnotations", readReview, kAsking + ",",
              R"("\u006c\u0065ader-elector.io/a@":"\u0061")", ",", "}" + kPodSpec},
        Shape{"LongAnnotation", readReview, kAsking + R"(,"leader-elector.io/image":")", "\\u0061",
              "", "\"}" + kPodSpec},
        Shape{"Labels", readReview, kAsking + R"(},"labels":{)", R"("a@":"b")", ",",
              "}" + kPodSpec},
        Shape{"Owners", readReview, kAsking + R"(},"ownerReferences":[)",
              R"({"controller":true,"kind":"Job","name":"a-@"})", ",", "]" + kPodSpec},
        Shape{"Containers", readReview, kAsking + R"(}},"spec":{"containers":[)", "{}", ",", "]}}"},
        Shape{"NamesOfContainers", readReview, kAsking + R"(}},"spec":{"containers":[)",
              R"({"name":"c@"})", ",", "]}}"},
        Shape{"ContainersWithPorts", readReview, kAsking + R"(}},"spec":{"containers":[{"ports":[)",
              R"({"containerPort":@})", ",", "]}]}}"},
        Shape{"OwnInitContainers", readReview, kAsking + R"(}},"spec":{"initContainers":[)",
              R"({"name":"leader-elector"})", ",", "]}}"},
        // These are let through, and patched.
        Shape{"Environment", readReview, kAsking + "}" + kEnvironment, R"({"name":"a@"})", ",",
              "]}]}}"},
        Shape{"EnvironmentBesideContainers", readReview,
              kAsking + R"(,"leader-elector.io/mode":"container"})" + kEnvironment,
              R"({"name":"a@"})", ",", "]}]}}"},
        Shape{"Tolerations", readReview,
              kAsking + R"(}},"spec":{"containers":[{"name":"c"}],"tolerations":[)",
              R"({"key":"a@"})", ",", "]}}"},
        Shape{"Volumes", readReview, kAsking + R"(}},"spec":{"containers":[{}],"volumes":[)",
              R"({"name":"v@"})", ",", "]}}"},
        Shape{"Depth", readReview, kAsking + R"(},"managedFields":)", "[", "", ""},
        Shape{"DepthOfMaps", readReview, kAsking + R"(},"managedFields":)", R"({"":)", "", ""},
        Shape{"Blanks", readReview, kAsking + "}", " ", "", kPodSpec},
        Shape{"Backslashes", readReview, kAsking + R"(,"a":")", R"(\\)", "", "\"}" + kPodSpec}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Objects, CostTest,
    testing::Values(
        Shape{"AnnotationsOfOurs", readMeta, kMeta + R"(,"annotations":{)",
              R"("leader-elector.io/a@":"b")", ",", "}}}"},
        Shape{"OneAnnotationAgainAndAgain", readMeta, kMeta + R"(,"annotations":{)",
              R"("leader-elector.io/a":"b")", ",", "}}}"},
        Shape{"TooLongAnnotations", readMeta, kMeta + R"(,"annotations":{)",
              R"("leader-elector.io/a@":")" + std::string(5000, 'x') + "\"", ",", "}}}"},
        Shape{"Names", readMeta, R"({"metadata":{"uid":"u")", R"(,"name":"a@")", "", "}}"},
        Shape{"Owners", readMeta, kMeta + R"(,"ownerReferences":[)",
              R"({"controller":true,"kind":"Job","name":"a-@"})", ",", "]}}"},
        Shape{"OwnersThatAreNoControllers", readMeta, kMeta + R"(,"ownerReferences":[)",
              R"({"kind":"Job","name":"a-@"})", ",", "]}}"},
        Shape{"ManagedFields", readMeta, kMeta + R"(,"managedFields":[)",
              R"({"manager":"leader-elector-injector","operation":"Apply","fieldsV1":{}})", ",",
              "]}}"},
        Shape{"DepthOfManagedFields", readMeta,
              kMeta + R"(,"managedFields":[{"manager":"leader-elector-injector","fieldsV1":)",
              R"({"":)", "", ""},
        Shape{"Metadata", readMeta, "{", R"("metadata":{"name":"a@"})", ",", "}"},
        Shape{"Labels", readPod, kMeta + R"(,"labels":{)", R"("a@":"b")", ",", "}}}"},
        Shape{"Containers", readPod, kMeta + R"(},"spec":{"containers":[)",
              R"({"name":"leader-elector","args":["--lease-name=@"]})", ",", "]}}"},
        Shape{"Arguments", readPod,
              kMeta + R"(},"spec":{"containers":[{"name":"leader-elector","args":[)",
              R"("--lease-name=@")", ",", "]}]}}"},
        Shape{"OtherArguments", readPod,
              kMeta + R"(},"spec":{"containers":[{"name":"leader-elector","args":[)",
              R"("\u002d@")", ",", "]}]}}"},
        Shape{"Statuses", readStatus, R"({"kind":"Status","message":")", "\\u0000", "", "\"}"},
        Shape{"StatusMembers", readStatus, "{", R"("message":"a@")", ",", "}"}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Leases, CostTest,
    testing::Values(
        Shape{"Labels", readLease, kLease + R"(,"labels":{)", R"("a@":"b")", ",", "}}}"},
        Shape{"Annotations", readLease, kLease + R"(,"annotations":{)", R"("a@":"b")", ",", "}}}"},
        Shape{"Sessions", readLease, kLease + R"(,"annotations":{)",
              R"("leader-elector.io/session":"@")", ",", "}}}"},
        Shape{"Spec", readLease, kLease + R"(},"spec":{)", R"("holderIdentity":"@")", ",", "}}"},
        Shape{"UnknownSpec", readLease, kLease + R"(},"spec":{)", R"("a@":1)", ",", "}}"},
        Shape{"LongHolder", readLease, kLease + R"(},"spec":{"holderIdentity":")", "\\u00e9", "",
              "\"}}"},
        Shape{"LongTransitions", readLease, kLease + R"(},"spec":{"leaseTransitions":)", "1", "",
              "}}"},
        Shape{"LongTime", readLease, kLease + R"(},"spec":{"renewTime":"2026-01-01T00:00:00.)", "1",
              "", "Z\"}}"},
        Shape{"Depth", readLease, kLease + R"(},"spec":)", "[", "", ""}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Files, CostTest,
    testing::Values(
        Shape{"Documents", readManifest, "", "a: b\n", "---\n", ""},
        Shape{"Pods", readManifest, "", kManifest, "---\n", ""},
        Shape{"LinesWithReturns", readManifest, kManifest + "    env:\r\n", "    - name: a@\n", "",
              "", std::size_t{512} * 1024},
        Shape{"EnvironmentOfAPod", readManifest, kManifest + "    env:\n",
              "    - name: a@\n      value: b\n", "", ""},
        Shape{"ContainersOfAPod", readManifest, kManifest, "  - name: c@\n", "", ""},
        Shape{"AnnotationsOfAPod", readManifest,
              "apiVersion: v1\nkind: Pod\nmetadata:\n  annotations:\n", "    a@: b\n", "", ""},
        Shape{"OneKeyAgainAndAgain", readManifest, "", "a: b\n", "", ""},
        Shape{"Items", readManifest, "apiVersion: v1\nkind: List\nitems:\n",
              "- apiVersion: v1\n  kind: Pod\n  metadata: {name: p@}\n", "", ""},
        Shape{"Anchors", readManifest, "a: &a b\nlist:\n", "- *a\n", "", ""},
        Shape{"ManyAnchors", readManifest, "list:\n", "- &a@ b\n", "", ""},
        Shape{"MergeKeys", readManifest, "base: &b {x: y}\nlist:\n", "- {<<: *b, z@: 1}\n", "", ""},
        Shape{"MergedMap", readManifest, "base: &b {x: y}\nmap:\n", "  <<: *b\n", "", ""},
        Shape{"Flow", readManifest, "a: [", "b", ",", "]\n"},
        Shape{"FlowMaps", readManifest, "a: [", "{b@: c}", ",", "]\n"},
        Shape{"LongText", readManifest, "a: \"", "\\u00e9", "", "\"\n"},
        Shape{"BlockText", readManifest, "a: |\n", "  text\n", "", ""},
        Shape{"FoldedText", readManifest, "a: >\n", "  text\n\n", "", ""},
        Shape{"PlainText", readManifest, "a: b\n", "  word\n", "", ""},
        Shape{"Comments", readManifest, "a: b\n", "# c\n", "", ""},
        Shape{"BlankLines", readManifest, "a: b\n", "\n", "", "c: d\n"},
        Shape{"Quotes", readManifest, "a: '", "''", "", "'\n"},
        Shape{"Json", readManifest, R"({"kind":"List","apiVersion":"v1","items":[)",
              R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p@"}})", ",", "]}"},
        Shape{"JsonListsInLists", readListsInLists, "",
              R"({"kind":"List","apiVersion":"v1","items":[)", "",
              R"({"kind":"Pod","leader-elector.io/":1})"},
        Shape{"JsonOfPods", readManifest, R"({"kind":"List","apiVersion":"v1","items":[)",
              R"({"kind":"Pod","apiVersion":"v1","metadata":{"name":"p@","annotations":)"
              R"({"leader-elector.io/inject":"true","leader-elector.io/lease-name":"l"}},)"
              R"("spec":{"containers":[{"name":"c"}]}})",
              ",", "]}"},
        Shape{"Kubeconfig", readKubeconfig, "apiVersion: v1\nkind: Config\nusers:\n",
              "- name: u@\n  user: {token: x}\n", "", ""},
        Shape{"KubeconfigContexts", readKubeconfig, "current-context: x\ncontexts:\n",
              "- name: c@\n  context: {cluster: a, user: b}\n", "", ""},
        Shape{"KubeconfigAnchors", readKubeconfig, "a: &a b\nusers:\n", "- *a\n", "", ""}),
    nameOf);

INSTANTIATE_TEST_SUITE_P(
    Others, CostTest,
    testing::Values(
        Shape{"AnchorsBegun", readAnchors, "", "-----BEGIN CERTIFICATE-----\n", "", ""},
        Shape{"AnchorsThatAreNone", readAnchors, "",
              "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "", ""},
        Shape{"AnchorOfRubbish", readAnchors, "-----BEGIN CERTIFICATE-----\n", "AAAA\n", "",
              "-----END CERTIFICATE-----\n"},
        Shape{"KeysBesidesAnchors", readAnchors, "", "-----BEGIN X-----\nAAAA\n-----END X-----\n",
              "", ""},
        Shape{"Dashes", readAnchors, "", "-", "", ""},
        Shape{"CertificatesBegun", readCertificates, "", "-----BEGIN CERTIFICATE-----\n", "", ""},
        Shape{"ChunksOfOneByte", readBody, kChunked, "1\r\nx\r\n", "", "0\r\n\r\n"},
        Shape{"ChunksWithExtensions", readBody, kChunked,
              "1;a=" + std::string(4000, 'x') + "\r\nx\r\n", "", "0\r\n\r\n"},
        Shape{"ChunksWithZeros", readBody, kChunked, std::string(4000, '0') + "1\r\nx\r\n", "",
              "0\r\n\r\n"},
        Shape{"ChunkWithoutAnEnd", readBody, kChunked + "1;", "x", "", ""},
        Shape{"Trailers", readBody, kChunked + "0\r\n", "a: b\r\n", "", "\r\n"},
        Shape{"KeysBesidesCertificates", readCertificates, "",
              "-----BEGIN X-----\nAAAA\n-----END X-----\n", "", ""},
        Shape{"Answer", readAnswer, "HTTP/1.1 200 OK\r\nContent-Length: 65000\r\n\r\n", "x", "", "",
              std::size_t{15} * 1024},
        Shape{"ChunkedAnswer", readAnswer, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
              "1\r\nx\r\n", "", "0\r\n\r\n"},
        Shape{"AnswersFields", readAnswer, "HTTP/1.1 200 OK\r\n", "a: b\r\n", "", "\r\n", 2000}),
    nameOf);

}  // namespace
}  // namespace elector
