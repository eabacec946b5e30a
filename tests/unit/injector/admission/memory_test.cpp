// What judging a review takes of the heap, whatever the review is.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "injector/admission/annotations.h"
#include "injector/admission/pod_facts.h"
#include "injector/admission/review.h"
#include "tests/support/heap_peak.h"
#include "tests/unit/injector/admission/pod_text.h"
#include "tests/unit/injector/admission/review_support.h"

namespace injector::admission {
namespace {

using elector::test::heapPeakOf;

// Of a review: many times what judging it may take, so that whatever is collected is noticed. (The
// webhook takes seven times this.)
constexpr std::size_t kMostBytes = std::size_t{1} << 20U;
constexpr std::size_t kMostHeap = std::size_t{128} << 10U;

// As many of `part` as fit, between commas; "@" in it is the number of each.
std::string many(const std::string& part) {
    const auto at = part.find('@');
    std::string text = part;
    if (at != std::string::npos) {
        text.replace(at, 1, "0");
    }
    constexpr std::size_t kDigits = 8;
    for (int number = 1; text.size() + part.size() + kDigits < kMostBytes - 4096; ++number) {
        text += ',';
        text += at == std::string::npos
                    ? part
                    : fmt::format("{}{}{}", part.substr(0, at), number, part.substr(at + 1));
    }
    return text;
}

// A text of that size, plain and in escapes.
std::vector<std::string> longTexts() {
    std::string escaped;
    while (escaped.size() < kMostBytes - 4096) {
        escaped += "\\u0061";
    }
    return {"\"" + std::string(kMostBytes - 4096, 'a') + "\"", "\"" + escaped + "\""};
}

// A Pod that asks for a sidecar, with these further members in its parts.
struct Extra {
    std::string annotations = "";
    std::string metadata = "";
    std::string spec = "";
    std::string container = "";
};

std::string podWithExtra(const Extra& extra) {
    return R"({"metadata":{"annotations":{"leader-elector.io/inject":"true",)"
           R"("leader-elector.io/lease-name":"web")" +
           extra.annotations + "}" + extra.metadata + R"(},"spec":{"containers":[{"name":"web")" +
           extra.container + "}]" + extra.spec + "}}";
}

// A review with further members of its request.
std::string reviewWithExtra(const std::string& members) {
    std::string review = reviewOf(podWithExtra({}));
    const std::string mark = R"("dryRun":false)";
    return review.replace(review.find(mark), mark.size(), mark + members);
}

struct Case {
    std::string name;
    std::string body;
};

void expectBounded(const Case& each, std::size_t most = kMostHeap) {
    const Defaults defaults = someDefaults();
    ReviewAnswer answer;
    const std::size_t peak = heapPeakOf([&] { answer = review(each.body, defaults); });
    EXPECT_LE(each.body.size(), kMostBytes) << each.name;
    EXPECT_LT(peak, most) << each.name << ": " << answer.body.substr(0, 300);
}

TEST(MemoryTest, CountsWhatIsAllocated) {
    EXPECT_GE(heapPeakOf([] { std::string(kMostBytes, 'x').clear(); }), kMostBytes);
    EXPECT_LT(heapPeakOf([] { std::string(50, 'x').clear(); }), 100U);
}

TEST(MemoryTest, IsBoundedForEachListOfAPod) {
    for (const char* list :
         {"containers", "initContainers", "ephemeralContainers", "volumes", "tolerations",
          "imagePullSecrets", "hostAliases", "topologySpreadConstraints", "readinessGates",
          "schedulingGates", "resourceClaims"}) {
        for (const char* element :
             {"{}", "null", "[]", R"({"name":"c@"})", R"({"":0})",
              R"({"name":"leader-elector","volumeMounts":[{"name":"leader-elector-token"}]})"}) {
            expectBounded({fmt::format("spec.{} of {}", list, element),
                           reviewOf(podWithExtra(
                               {.spec = fmt::format(R"(,"{}":[{}])", list, many(element))}))});
        }
    }
}

TEST(MemoryTest, IsBoundedForEachListOfAContainer) {
    for (const char* list :
         {"env", "envFrom", "ports", "volumeMounts", "volumeDevices", "args", "command"}) {
        for (const char* element :
             {"{}", "null", "\"\"", R"({"name":"c@"})", R"({"containerPort":@})"}) {
            expectBounded({fmt::format("{} of {}", list, element),
                           reviewOf(podWithExtra(
                               {.container = fmt::format(R"(,"{}":[{}])", list, many(element))}))});
        }
    }
}

// What is added to each of as many containers as there may be.
TEST(MemoryTest, IsBoundedWhereTheProgramIsChanged) {
    constexpr std::size_t kMost = 6 * kMostHeap;
    std::string init;
    std::string containers;
    for (std::size_t i = 1; i < kMostChanged; ++i) {
        const auto one =
            fmt::format(R"({{"name":"{}{}","env":[],"volumeMounts":[]}})", std::string(61, 'c'), i);
        init += (init.empty() ? "" : ",") + one;
        containers += "," + one;
    }
    const std::string folder(100, 'x');
    const auto bodyWith = [&](const std::string& more) {
        auto pod = podWithExtra(
            {.annotations = fmt::format(R"(,"leader-elector.io/env":"nais",)"
                                        R"("leader-elector.io/status-dir":"/run/s{0}",)"
                                        R"("leader-elector.io/health-file":"/run/h{0}/a")",
                                        folder),
             .spec = fmt::format(R"(,"initContainers":[{}])", init)});
        pod.insert(pod.find("}]", pod.find(R"("containers":[)")) + 1, containers + more);
        return reviewOf(pod);
    };
    const Case most{"as many as may be", bodyWith("")};
    EXPECT_EQ(review(most.body, someDefaults()).verdict, Verdict::Injected);
    expectBounded(most, kMost);
    const Case more{"more", bodyWith(R"(,{"name":"a"},)" + many(R"({"name":"c@"})"))};
    EXPECT_EQ(review(more.body, someDefaults()).verdict, Verdict::Refused);
    const std::size_t peak = heapPeakOf([&] { review(more.body, someDefaults()); });
    EXPECT_LT(peak, kMost);
    for (const char* list : {"env", "volumeMounts"}) {
        const std::string name = list == std::string("env") ? "name" : "mountPath";
        for (const std::string& text : longTexts()) {
            expectBounded(
                {list,
                 reviewOf(podWithExtra(
                     {.annotations = R"(,"leader-elector.io/env":"own",)"
                                     R"("leader-elector.io/status-dir":"/run/s")",
                      .container = fmt::format(R"(,"{}":[{{"{}":{}}}])", list, name, text)}))});
        }
    }
}

TEST(MemoryTest, IsBoundedForEachListOfMetadata) {
    for (const char* list : {"ownerReferences", "finalizers", "managedFields"}) {
        for (const char* element :
             {"{}", "\"\"", R"({"controller":true,"name":"c@","kind":"K","apiVersion":"v"})"}) {
            expectBounded({fmt::format("metadata.{} of {}", list, element),
                           reviewOf(podWithExtra(
                               {.metadata = fmt::format(R"(,"{}":[{}])", list, many(element))}))});
        }
    }
}

TEST(MemoryTest, IsBoundedForEachMapOfAPod) {
    for (const char* member :
         {R"("":"")", R"("@":"")", R"("\u006b@":"")", R"("leader-elector.io/@":"")",
          R"("leader-elector.io\/@":"")", R"("leader-elector.io/status":"@")",
          R"("leader-elector.io/image":"a@")"}) {
        const std::string members = "," + many(member);
        const std::string map = fmt::format("{{{}}}", members.substr(1));
        expectBounded({fmt::format("annotations of {}", member),
                       reviewOf(podWithExtra({.annotations = members}))});
        expectBounded({fmt::format("labels of {}", member),
                       reviewOf(podWithExtra({.metadata = ",\"labels\":" + map}))});
        expectBounded(
            {fmt::format("metadata of {}", member), reviewOf(podWithExtra({.metadata = members}))});
        expectBounded({fmt::format("nodeSelector of {}", member),
                       reviewOf(podWithExtra({.spec = ",\"nodeSelector\":" + map}))});
        expectBounded(
            {fmt::format("spec of {}", member), reviewOf(podWithExtra({.spec = members}))});
        expectBounded({fmt::format("container of {}", member),
                       reviewOf(podWithExtra({.container = members}))});
        expectBounded({fmt::format("securityContext of {}", member),
                       reviewOf(podWithExtra({.spec = ",\"securityContext\":" + map}))});
    }
}

TEST(MemoryTest, IsBoundedForEachPartOfAReview) {
    for (const char* list : {R"("groups":[)", R"("extra":{"a":[)"}) {
        const std::string end = std::string(list).find('{') == std::string::npos ? "]" : "]}";
        expectBounded({list, reviewWithExtra(fmt::format(R"(,"userInfo":{{{}{}{}}})", list,
                                                         many("\"g@\""), end))});
    }
    for (const char* member : {R"("":0)", R"("@":[])", R"("uid":"@")"}) {
        const std::string members = many(member);
        expectBounded({fmt::format("extra of {}", member),
                       reviewWithExtra(fmt::format(R"(,"userInfo":{{"extra":{{{}}}}})", members))});
        expectBounded({fmt::format("request of {}", member), reviewWithExtra("," + members)});
        expectBounded({fmt::format("options of {}", member),
                       reviewWithExtra(fmt::format(R"(,"options":{{{}}})", members))});
        expectBounded({fmt::format("resource of {}", member),
                       reviewWithExtra(fmt::format(R"(,"resource":{{{}}})", members))});
        expectBounded({fmt::format("review of {}", member), "{" + members + "}"});
    }
}

TEST(MemoryTest, IsBoundedForEachText) {
    for (const std::string& text : longTexts()) {
        for (const char* member : {"uid", "namespace", "operation", "subResource", "name"}) {
            expectBounded({member, reviewWithExtra(fmt::format(R"(,"{}":{})", member, text))});
        }
        for (const char* member : {"group", "version", "resource"}) {
            expectBounded(
                {member, reviewWithExtra(fmt::format(R"(,"resource":{{"{}":{}}})", member, text))});
        }
        for (const char* member : {"apiVersion", "kind"}) {
            expectBounded({member, fmt::format(R"({{"{}":{}}})", member, text)});
        }
        for (const std::string_view name : annotationNames()) {
            expectBounded(
                {std::string(name),
                 reviewOf(podWithExtra({.annotations = fmt::format(
                                            R"(,"{}{}":{})", "leader-elector.io/", name, text)}))});
        }
        for (const char* prefix : {"", "leader-elector.io/"}) {
            const std::string key = fmt::format("\"{}{}", prefix, text.substr(1));
            expectBounded({fmt::format("key {}", prefix),
                           reviewOf(podWithExtra({.annotations = "," + key + ":\"\"",
                                                  .metadata = ",\"labels\":{}"}))});
        }
        for (const char* member : {"name", "restartPolicy", "image"}) {
            expectBounded({member, reviewOf(podWithExtra(
                                       {.container = fmt::format(R"(,"{}":{})", member, text)}))});
        }
        for (const char* member : {"restartPolicy", "hostname", "nodeName"}) {
            expectBounded({member, reviewOf(podWithExtra(
                                       {.spec = fmt::format(R"(,"{}":{})", member, text)}))});
        }
        for (const char* spec : {R"(,"os":{"name":)", R"(,"nodeSelector":{"kubernetes.io/os":)",
                                 R"(,"volumes":[{"name":)", R"(,"initContainers":[{"name":)"}) {
            const std::string end = std::string(spec).find('[') == std::string::npos ? "}" : "}]";
            expectBounded({spec, reviewOf(podWithExtra({.spec = spec + text + end}))});
        }
        expectBounded(
            {"label", reviewOf(podWithExtra(
                          {.metadata = R"(,"labels":{"pod-template-hash":)" + text + "}"}))});
        expectBounded(
            {"owner", reviewOf(podWithExtra(
                          {.metadata = R"(,"ownerReferences":[{"controller":true,"name":)" + text +
                                       "}]"}))});
    }
}

// A bit for each bracket that is open at a time is needed to find the one that closes it, and as
// much again while they become more.
TEST(MemoryTest, TakesNoMoreThanBitsForTheDepth) {
    constexpr std::size_t kMost = kMostHeap + kMostBytes / 4;
    constexpr std::size_t kDepth = kMostBytes / 2 - 4096;
    const std::string lists = std::string(kDepth, '[') + std::string(kDepth, ']');
    expectBounded({"lists", reviewOf(podWithExtra({.metadata = ",\"managedFields\":" + lists}))},
                  kMost);
    std::string maps;
    constexpr std::size_t kMaps = kMostBytes / 6 - 4096;
    for (std::size_t depth = 0; depth < kMaps; ++depth) {
        maps += R"({"":)";
    }
    maps += "0" + std::string(kMaps, '}');
    expectBounded({"maps", reviewOf(podWithExtra({.metadata = ",\"managedFields\":" + maps}))},
                  kMost);
    expectBounded({"open lists", std::string(kMostBytes, '[')}, kMost);
}

}  // namespace
}  // namespace injector::admission
