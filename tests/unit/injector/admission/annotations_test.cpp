#include "injector/admission/annotations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "tests/unit/injector/admission/pod_text.h"

namespace injector::admission {
namespace {

using testing::HasSubstr;

// What one annotation, or several, do to the sidecar.
struct Accepted {
    Pairs annotations;
    std::string part;  // of the sidecar's JSON
};

const std::vector<Accepted>& accepted() {
    static const std::vector<Accepted> kCases{
        {{{"inject", "true"}}, R"("name":"leader-elector")"},
        {{{"lease-name", "a"}}, R"("args":["--lease-name=a"])"},
        {{{"lease-name", "shop.main-0"}}, R"("args":["--lease-name=shop.main-0"])"},
        {{{"shared", "true"}}, R"("args":["--lease-name=web"])"},
        {{{"shared", "false"}}, R"("args":["--lease-name=web"])"},
        {{{"lease-duration", "15s"}}, R"("args":["--lease-name=web","--lease-duration=15s"])"},
        {{{"lease-duration", "1h"}}, R"("--lease-duration=1h")"},
        {{{"lease-renew-duration", "9s"}}, R"("--lease-name=web","--lease-renew-duration=9s"])"},
        {{{"lease-duration", "1s"}, {"lease-renew-duration", "500ms"}},
         R"("--lease-duration=1s","--lease-renew-duration=500ms"])"},
        {{{"retry-period", "1.5s"}}, R"("args":["--lease-name=web","--retry-period=1.5s"])"},
        {{{"drain", "0"}}, R"("args":["--lease-name=web","--drain=0"])"},
        {{{"drain", "1h"}}, R"("--drain=1h")"},
        {{{"poll-tolerance", "4s"}}, R"("--poll-tolerance=4s")"},
        {{{"health", "asked"}, {"asked-within", "20s"}},
         R"("--health=asked","--asked-within=20s"])"},
        {{{"health", "none"}}, R"("--health=none"])"},
        {{{"health-url", "http://[::1]:8080/healthz?a=b"}},
         R"("args":["--lease-name=web","--health-url=http://[::1]:8080/healthz?a=b"])"},
        {{{"health-file", "/run/app/alive"}, {"health-max-age", "3s"}},
         R"("--health-file=/run/app/alive","--health-max-age=3s"])"},
        {{{"health-url", "http://localhost:1"},
          {"health-period", "1s"},
          {"health-timeout", "1s"},
          {"health-failures", "5"},
          {"health-successes", "2"},
          {"degraded-after", "0s"}},
         R"("--health-period=1s","--health-timeout=1s","--health-failures=5",)"
         R"("--health-successes=2","--degraded-after=0s"])"},
        {{{"term-grace", "800ms"}}, R"("args":["--lease-name=web","--term-grace=800ms"])"},
        {{{"on-missing", "wait"}}, R"("args":["--lease-name=web","--on-missing=wait"])"},
        {{{"allowed-host", "web,web.shop.svc"}}, R"("--allowed-host=web,web.shop.svc"])"},
        {{{"admin", "on"}}, R"("args":["--lease-name=web","--admin=on"])"},
        {{{"status-dir", "/run/leader"}},
         R"(,{"name":"leader-elector-status","mountPath":"/run/leader"}])"},
        {{{"on-change-url", "https://[::1]:8443/leader?a=b"}},
         R"("args":["--lease-name=web","--on-change-url=https://[::1]:8443/leader?a=b"])"},
        {{{"env", "own"}}, R"("args":["--lease-name=web"])"},
        {{{"port", "1"}}, R"("--addr=:1")"},
        {{{"port", "65535"}}, R"("containerPort":65535)"},
        {{{"port", "4040"}}, R"("args":["--lease-name=web"])"},
        {{{"mode", "sidecar"}}, R"("restartPolicy":"Always")"},
        {{{"mode", "container"}}, R"("args":["--lease-name=web","--on-shutdown=expire"])"},
        {{{"ready", "always"}}, R"("args":["--lease-name=web"])"},
        {{{"ready", "synced"}}, R"("args":["--lease-name=web","--ready=synced"])"},
        {{{"ready", "leader"}}, R"("args":["--lease-name=web","--ready=leader"])"},
        {{{"after", "proxy"}}, R"("name":"leader-elector")"},
        {{{"cpu-request", "5m"}},
         R"({"requests":{"cpu":"5m","memory":"32Mi"},"limits":{"cpu":"5m","memory":"32Mi"}})"},
        {{{"cpu-limit", "1"}}, R"({"requests":{"cpu":"1","memory":"32Mi"},"limits":{"cpu":"1",)"},
        {{{"cpu-request", "0.01"}, {"cpu-limit", "10m"}},
         R"({"requests":{"cpu":"0.01","memory":"32Mi"},"limits":{"cpu":"10m",)"},
        {{{"memory-request", "64M"}},
         R"({"requests":{"cpu":"50m","memory":"64M"},"limits":{"cpu":"50m","memory":"64M"}})"},
        {{{"memory-limit", "1e8"}},
         R"({"requests":{"cpu":"50m","memory":"1e8"},"limits":{"cpu":"50m","memory":"1e8"}})"},
        {{{"memory-request", "32Mi"}, {"memory-limit", "1Gi"}},
         R"({"requests":{"cpu":"50m","memory":"32Mi"},"limits":{"cpu":"50m","memory":"1Gi"}})"},
        {{{"image",
           "r.example:5000/a/"
           "b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}},
         R"("image":"r.example:5000/a/b@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")"},
        {{{"ephemeral-storage-request", "1Gi"}},
         R"({"requests":{"cpu":"50m","memory":"32Mi","ephemeral-storage":"1Gi"},)"
         R"("limits":{"cpu":"50m","memory":"32Mi","ephemeral-storage":"1Gi"}})"},
        {{{"ephemeral-storage-request", "8Mi"}, {"ephemeral-storage-limit", "1Gi"}},
         R"({"requests":{"cpu":"50m","memory":"32Mi","ephemeral-storage":"8Mi"},)"
         R"("limits":{"cpu":"50m","memory":"32Mi","ephemeral-storage":"1Gi"}})"},
        {{{"log-level", "debug"}}, R"("args":["--lease-name=web","--log-level=debug"])"},
        {{{"log-level", "error"}}, R"("--log-level=error")"},
        {{{"status", "whatever \x01 it says"}}, R"("args":["--lease-name=web"])"},
    };
    return kCases;
}

// The defaults first, so that those of a case replace them.
std::string podOf(const Pairs& annotations) {
    std::set<std::string> names;
    for (const auto& [name, value] : annotations) {
        names.insert(name);
    }
    Pairs all = annotations;
    for (const auto& [name, value] : Pairs{{"inject", "true"}, {"lease-name", "web"}}) {
        if (!names.contains(name)) {
            all.emplace_back(name, value);
        }
    }
    return podWith(all);
}

TEST(AnnotationsTest, DoWhatTheTableSays) {
    for (const auto& [annotations, part] : accepted()) {
        EXPECT_THAT(sidecarIn(podOf(annotations), someDefaults()), HasSubstr(part));
    }
}

TEST(AnnotationsTest, AreEachTried) {
    std::set<std::string> tried;
    for (const auto& [annotations, part] : accepted()) {
        for (const auto& [name, value] : annotations) {
            tried.insert(name);
        }
    }
    for (const std::string_view name : annotationNames()) {
        EXPECT_TRUE(tried.contains(std::string(name))) << name;
    }
    EXPECT_EQ(tried.size(), annotationNames().size());
}

// References as container runtimes read them.
TEST(AnnotationsTest, TakeEachReferenceOfAnImageThatRuntimesTake) {
    const std::string digest = "@sha256:" + std::string(64, 'a');
    for (const std::string& image :
         {std::string("a"), std::string("web"), std::string("library/web:1.0"),
          std::string("r.example/a/b-c/d__e.f_g:V1.0-rc_2"), std::string("localhost/web"),
          std::string("localhost:5000/web:latest"), std::string("R.Example:5000/web"),
          std::string("[2001:db8::1]:5000/web"), std::string("[::1]/web:1"), "web" + digest,
          "r.example/web:1" + digest, std::string("a--b/c---d")}) {
        EXPECT_EQ(admit(podOf({{"image", image}}), "default", someDefaults()).verdict,
                  Verdict::Injected)
            << image;
    }
}

struct RefusedCase {
    Pairs annotations;
    std::string sentence;
};

const std::string kDuration = "write a duration with its units, such as 10s, 1m30s or 500ms";
const std::string kCpu =
    "write an amount of CPU from 1m, such as 10m or 0.5, by Kubernetes' syntax";
const std::string kMemory =
    "write an amount of memory from 1Mi, such as 32Mi or 64M, by Kubernetes' syntax";
const std::string kName =
    "a Lease's name is a DNS subdomain: lower-case letters, digits, dashes and points, beginning "
    "and ending with a letter or digit, at most 253 characters";
const std::string kImage = "an image's reference has 1 to 512 letters, digits and ._-+/:@[]";
const std::string kReference =
    "allowed is [REGISTRY/]REPOSITORY[:TAG][@DIGEST], the repository in lower case";
const std::string kStorage =
    "write an amount of storage from 1Mi, such as 32Mi or 64M, by Kubernetes' syntax";
const std::string kPort = "allowed is a number from 1 to 65535";
const std::string kUrl =
    "allowed is what this machine answers by plain HTTP, as http://localhost:8080/healthz";
const std::string kFolder =
    "allowed is an absolute path, of letters, digits and ._- and at most 128 characters, as "
    "/run/leader";
const std::string kFile =
    "allowed is an absolute path of a file in a folder, of letters, digits and ._- and at most 128 "
    "characters, as /run/app/alive";

// `annotation leader-elector.io/NAME "VALUE" is refused: ALLOWED`, for each value.
void expectRefused(const std::string& name, const std::vector<std::string>& values,
                   const std::string& allowed) {
    for (const std::string& value : values) {
        const Decision decision = admit(podOf({{name, value}}), "default", someDefaults());
        EXPECT_EQ(decision.verdict, Verdict::Refused) << name << " " << value;
        EXPECT_EQ(decision.reason, "annotation leader-elector.io/" + name + " \"" + value +
                                       "\" is refused: " + allowed);
        EXPECT_EQ(decision.patch, "[]");
        EXPECT_EQ(decision.leaseName, "");
    }
}

TEST(AnnotationsTest, AreRefusedWithWhatIsAllowed) {
    expectRefused("inject", {"", "True", "yes", "1", " true"}, "allowed are true and false");
    expectRefused("shared", {"", "TRUE", "no"}, "allowed are true and false");
    expectRefused("image",
                  {"UPPER/x",
                   "Web",
                   "r.example/Web",
                   "r.example/a/B:1",
                   "web:",
                   "web:.1",
                   "web@",
                   "web@sha256:0f",
                   "web@sha256",
                   "web:1:2",
                   "/web",
                   "web/",
                   "r.example//web",
                   "a..b",
                   "a___b",
                   "-a",
                   "a-",
                   "r.example:port/web",
                   "r.example:/web",
                   "-r.example/web",
                   "r..example/web",
                   "[::1/web",
                   "[web]",
                   ":5000/web",
                   "@",
                   ":"},
                  kReference);
    expectRefused("lease-name", {"", "Web", "a_b", "-a", "a.", "a/b", "\u00e9"}, kName);
    expectRefused("lease-duration", {"", "10", "10 s", "ten", "1d"}, kDuration);
    expectRefused("lease-renew-duration", {"", "5", "s"}, kDuration);
    expectRefused("retry-period", {"", "2", "-"}, kDuration);
    expectRefused("drain", {"", "2", "abc"}, kDuration);
    expectRefused("drain", {"-1s", "61m"}, "allowed is a duration from 0s to 1h");
    expectRefused("poll-tolerance", {"-1s", "61m"}, "allowed is a duration from 0s to 1h");
    expectRefused("health", {"", "yes", "url"}, "allowed are none and asked");
    expectRefused("health-url",
                  {"", "https://localhost:1/", "http://10.0.0.1:80/", "http://web:80/",
                   "http://localhost:0/", "localhost:80"},
                  kUrl);
    for (const char* name : {"health-max-age", "asked-within", "health-period", "health-timeout"}) {
        expectRefused(name, {"0s", "61m"}, "allowed is a duration from 10ms to 1h");
    }
    for (const char* name : {"health-failures", "health-successes"}) {
        expectRefused(name, {"", "0", "101", "-1", "many"}, "allowed are 1 to 100");
    }
    expectRefused("degraded-after", {"-1s", "25h"}, "allowed is a duration from 0s to 24h");
    expectRefused("term-grace", {"-1s", "61m"}, "allowed is a duration from 0s to 1h");
    expectRefused("allowed-host", {"", "a,", "a:80", "*", "a b"},
                  "allowed are host names, without ports, with commas between");
    expectRefused("on-missing", {"", "never"}, "allowed are create and wait");
    expectRefused("admin", {"", "true"}, "allowed are auto, on and off");
    expectRefused("env", {"", "all", "Own"}, "allowed are none, own and nais");
    const std::vector<std::string> paths{
        "",          "run/x", "/",           "//x",  "/run//x", "/run/x/",     "/run/./x",
        "/run/../x", "/a b",  "/run/$(POD)", "/a:b", "/a,b",    "/run/\u00e9", "."};
    expectRefused("on-change-url",
                  {"", "localhost:80", "http://10.0.0.1:80/", "http://web:80/",
                   "http://localhost:0/", "http://localhost:80/a b"},
                  "allowed is what the Pod itself answers, as http://localhost:8080/leader");
    expectRefused("status-dir", paths, kFolder);
    expectRefused("health-file", paths, kFile);
    expectRefused("health-file", {"/alive"}, kFile);
    expectRefused("port", {"", "0", "65536", "-1", "+1", "80a", " 80", "0x50", "http", "1e3"},
                  kPort);
    expectRefused("mode", {"", "Sidecar", "native", "init"}, "allowed are sidecar and container");
    for (const char* name : {"cpu-request", "cpu-limit"}) {
        expectRefused(name, {"", "0", "0.5m", "-1", "+1", "1 m", "1i", "m", ".", "1.2.3", "10mi"},
                      kCpu);
    }
    for (const char* name : {"ephemeral-storage-request", "ephemeral-storage-limit"}) {
        expectRefused(name, {"", "0", "32", "100m", "-32Mi"}, kStorage);
    }
    expectRefused("port", {"08", "010", "00080"}, "write the number without a zero in front");
    for (const char* name : {"memory-request", "memory-limit"}) {
        expectRefused(name, {"", "0", "32", "100m", "32MB", "32mb", "1e", "-32Mi", "e5", "1Kib"},
                      kMemory);
    }
    expectRefused("image", {"", "a b", " a", "a\u00a0b", "\u00e9", "a$b"}, kImage);
    expectRefused("log-level", {"", "information", "trace"},
                  "allowed are debug, info, warn and error");
}

TEST(AnnotationsTest, AreRefusedWhereTheyDoNotFitEachOther) {
    const std::vector<RefusedCase> cases{
        {{{"lease-duration", "1500ms"}},
         "annotation leader-elector.io/lease-duration \"1500ms\" is not allowed: a Lease records "
         "whole seconds, from 1s to 1h"},
        {{{"lease-duration", "3601s"}},
         "annotation leader-elector.io/lease-duration \"3601s\" is not allowed: a Lease records "
         "whole seconds, from 1s to 1h"},
        {{{"lease-renew-duration", "9001ms"}},
         "annotation leader-elector.io/lease-renew-duration \"9001ms\" is too long: allowed is at "
         "most 0.9 x the lease duration = 0.9 x 10s = 9s, so that a leader has stopped before "
         "another may start"},
        {{{"lease-duration", "5s"}},
         "annotation leader-elector.io/lease-renew-duration \"5s\" (the default) is too long: "
         "allowed is at most 0.9 x the lease duration = 0.9 x 5s = 4.5s, so that a leader has "
         "stopped before another may start"},
        {{{"lease-renew-duration", "0s"}},
         "annotation leader-elector.io/lease-renew-duration \"0s\" is not allowed: it must be "
         "above 0s and at most 0.9 of the lease duration"},
        {{{"retry-period", "5s"}},
         "annotation leader-elector.io/retry-period \"5s\" is too long: it must be below the renew "
         "deadline, 5s, or each term ends before its first renewal"},
        {{{"poll-tolerance", "5s"}},
         "annotation leader-elector.io/poll-tolerance \"5s\" is too long: with the renew deadline, "
         "5s, it may be at most 0.9 x the lease duration = 0.9 x 10s = 9s, which leaves 4s, so "
         "that programs have forgotten a yes before another may lead"},
        {{{"retry-period", "-1s"}},
         "annotation leader-elector.io/retry-period \"-1s\" is not allowed: it must be above 0s "
         "and below the renew deadline"},
        {{{"term-grace", "3s"}},
         "annotation leader-elector.io/term-grace \"3s\" is too long: with the 0.2s left when all "
         "is killed, 3s + 0.2s = 3.2s, it must be below the renew deadline less the retry period, "
         "5s - 2s = 3s, or the program is told to end before its term is renewed"},
        {{{"health", "asked"}, {"health-url", "http://localhost:1"}},
         "annotation leader-elector.io/health-url \"http://localhost:1\" is refused beside health "
         "\"asked\": the program's health is found out in one way"},
        {{{"health-file", "/run/a/b"}, {"health-url", "http://localhost:1"}},
         "annotation leader-elector.io/health-file \"/run/a/b\" is refused beside health-url "
         "\"http://localhost:1\": the program's health is found out in one way"},
        {{{"health", "asked"}, {"health-timeout", "3s"}},
         "annotation leader-elector.io/health-timeout \"3s\" is refused: it is at most the period, "
         "health-period \"2s\""},
        {{{"status-dir", "/usr/bin"}},
         "annotation leader-elector.io/status-dir \"/usr/bin\" is refused: the sidecar has its "
         "program or its token in there; allowed is another folder"},
        {{{"status-dir", "/var/run/secrets"}},
         "annotation leader-elector.io/status-dir \"/var/run/secrets\" is refused: the sidecar has "
         "its program or its token in there; allowed is another folder"},
        {{{"status-dir", "/run/x"}, {"health-file", "/run/x/alive"}},
         "annotation leader-elector.io/status-dir \"/run/x\" is refused: that of "
         "leader-elector.io/health-file is the same, or in there; allowed is another folder"},
        {{{"status-dir", "/run/x/y"}, {"health-file", "/run/x/alive"}},
         "annotation leader-elector.io/health-file \"/run/x\" is refused: that of "
         "leader-elector.io/status-dir is the same, or in there; allowed is another folder"},
        {{{"ready", "yes"}},
         "annotation leader-elector.io/ready \"yes\" is refused: allowed are always, synced and "
         "leader"},
        {{{"after", "Envoy"}},
         "annotation leader-elector.io/after \"Envoy\" is refused: a container's name is a DNS "
         "label: lower-case letters, digits and dashes, beginning and ending with a letter or "
         "digit, at most 63 characters"},
        {{{"cpu-request", "11m"}, {"cpu-limit", "0.01"}},
         "annotation leader-elector.io/cpu-request \"11m\" is refused: it is above "
         "leader-elector.io/cpu-limit \"0.01\"; allowed is at most that"},
        {{{"ephemeral-storage-request", "2Gi"}, {"ephemeral-storage-limit", "1Gi"}},
         "annotation leader-elector.io/ephemeral-storage-request \"2Gi\" is refused: it is above "
         "leader-elector.io/ephemeral-storage-limit \"1Gi\"; allowed is at most that"},
        {{{"memory-request", "1Gi"}, {"memory-limit", "1G"}},
         "annotation leader-elector.io/memory-request \"1Gi\" is refused: it is above "
         "leader-elector.io/memory-limit \"1G\"; allowed is at most that"},
    };
    for (const auto& [annotations, sentence] : cases) {
        const Decision decision = admit(podOf(annotations), "default", someDefaults());
        EXPECT_EQ(decision.verdict, Verdict::Refused) << sentence;
        EXPECT_EQ(decision.reason, sentence);
    }
}

TEST(AnnotationsTest, AreJudgedWithTheDefaultsOfTheRelease) {
    Defaults defaults = someDefaults();
    defaults.values["lease-duration"] = "60s";
    defaults.values["lease-renew-duration"] = "40s";
    defaults.values["retry-period"] = "10s";
    EXPECT_THAT(sidecarIn(podOf({{"lease-renew-duration", "50s"}}), defaults),
                HasSubstr(R"("args":["--lease-name=web","--lease-duration=60s",)"
                          R"("--lease-renew-duration=50s","--retry-period=10s"])"));
    EXPECT_EQ(
        admit(podOf({{"lease-duration", "30s"}}), "default", defaults).reason,
        "annotation leader-elector.io/lease-renew-duration \"40s\" (the default) is too long: "
        "allowed is at most 0.9 x the lease duration = 0.9 x 30s = 27s, so that a leader has "
        "stopped before another may start");
    EXPECT_EQ(
        admit(podOf({{"lease-renew-duration", "10s"}}), "default", defaults).reason,
        "annotation leader-elector.io/retry-period \"10s\" (the default) is too long: it must "
        "be below the renew deadline, 10s, or each term ends before its first renewal");
}

TEST(AnnotationsTest, ThatNobodyKnowsAreRefusedWithTheNearest) {
    const auto reasonOf = [](const std::string& name) {
        return admit(podOf({{name, "x"}}), "default", someDefaults()).reason;
    };
    EXPECT_EQ(reasonOf("lease_name"),
              "unknown annotation \"leader-elector.io/lease_name\" (did you mean "
              "leader-elector.io/lease-name?)");
    EXPECT_EQ(reasonOf("Inject"),
              "unknown annotation \"leader-elector.io/Inject\" (did you mean "
              "leader-elector.io/inject?)");
    const std::string all = ": docs/injector.md lists all that there are, under Annotations";
    EXPECT_EQ(reasonOf(""), "unknown annotation \"leader-elector.io/\"" + all);
    EXPECT_EQ(reasonOf("volume"), "unknown annotation \"leader-elector.io/volume\"" + all);
    EXPECT_EQ(reasonOf("cpu"), "unknown annotation \"leader-elector.io/cpu\"" + all +
                                   "; some begin with cpu: cpu-request, cpu-limit");
    EXPECT_EQ(reasonOf("lease-namespace"),
              "unknown annotation \"leader-elector.io/lease-namespace\"" + all +
                  "; some begin with lease: lease-name, lease-duration, lease-renew-duration");
    EXPECT_EQ(reasonOf("drain_for_seconds"),
              "unknown annotation \"leader-elector.io/drain_for_seconds\"" + all +
                  "; one begins with drain: drain");
    EXPECT_EQ(reasonOf("session"),
              "annotation leader-elector.io/session \"x\" is refused: it belongs to Leases, where "
              "the elector writes it");
    // A label of ours is no annotation.
    EXPECT_EQ(reasonOf("injected"),
              "unknown annotation \"leader-elector.io/injected\" (did you mean "
              "leader-elector.io/inject?)");
}

TEST(AnnotationsTest, AreRefusedAlsoWhereNothingIsInjected) {
    EXPECT_EQ(admit(podWith({{"port", "http"}}), "default", someDefaults()).reason,
              "annotation leader-elector.io/port \"http\" is refused: " + kPort);
    EXPECT_EQ(admit(podWith({{"injekt", "true"}}), "default", someDefaults()).verdict,
              Verdict::Refused);
}

TEST(AnnotationsTest, AreNotLookedAtWhereTheyAreSwitchedOff) {
    const Decision decision =
        admit(podWith({{"inject", "false"}, {"port", "http"}, {"injekt", "true"}}), "default",
              someDefaults());
    EXPECT_EQ(decision.verdict, Verdict::NotAsked);
    EXPECT_EQ(decision.reason, "");
}

TEST(AnnotationsTest, OfAnyLengthAndContentGiveASentenceOfBoundedLength) {
    const std::vector<std::string> hostile{
        std::string(100'000, 'x'),        std::string(100'000, '\x01'),
        std::string(100'000, '"'),        std::string(500, '\\'),
        std::string(10'000, '\n') + "ok", "\u202e" + std::string(300, 'y'),
        std::string("a\0b", 3),           "1" + std::string(100'000, '0') + "s",
        std::string(99'999, '0') + "10s",
    };
    for (const std::string_view name : annotationNames()) {
        if (name == "status") {
            continue;
        }
        for (const std::string& value : hostile) {
            const Decision decision =
                admit(podOf({{std::string(name), value}}), "default", someDefaults());
            EXPECT_EQ(decision.verdict, Verdict::Refused) << name;
            EXPECT_LT(decision.reason.size(), 256U) << name;
            EXPECT_TRUE(decision.reason.starts_with("annotation leader-elector.io/")) << name;
            EXPECT_EQ(decision.reason.find_first_of(std::string("\n\x01\0", 3)), std::string::npos);
        }
    }
    for (const std::string& name : hostile) {
        const Decision decision = admit(podOf({{name, "x"}}), "default", someDefaults());
        EXPECT_EQ(decision.verdict, Verdict::Refused);
        EXPECT_LT(decision.reason.size(), 256U);
    }
}

TEST(AnnotationsTest, AreCutAtAHundredCharacters) {
    EXPECT_EQ(admit(podOf({{"mode", std::string(500, 'x')}}), "default", someDefaults()).reason,
              "annotation leader-elector.io/mode \"" + std::string(97, 'x') +
                  "\u2026\" is refused: allowed are sidecar and container");
}

TEST(AnnotationsTest, OfWhichOneStandsTwiceCountTheLast) {
    const std::string pod = podWith(
        {{"inject", "false"}, {"inject", "true"}, {"lease-name", "a"}, {"lease-name", "b"}});
    EXPECT_EQ(admit(pod, "default", someDefaults()).leaseName, "b");
}

TEST(AnnotationsTest, HaveDurationsOfABoundedText) {
    std::string text;
    for (int i = 0; i < 19; ++i) {
        text += "0h";
    }
    EXPECT_THAT(sidecarIn(podOf({{"drain", text}}), someDefaults()), HasSubstr("--drain=" + text));
    expectRefused("drain", {text + "0h1s"}, "a duration has at most 40 characters");
}

}  // namespace
}  // namespace injector::admission
