#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <optional>
#include <set>
#include <thread>

#include "elector/runtime/json_text.h"
#include "elector/version.h"
#include "injector/admission/quantity.h"
#include "injector/certificates/mint.h"
#include "tests/support/elector_process.h"
#include "tests/support/memory_limit.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"
#include "tests/unit/injector/admission/review_support.h"

// The whole program as the API server meets it: `leader-elector-injector webhook`, over TLS.
namespace injector {
namespace {

namespace json_text = elector::json_text;
using admission::ReadAnswer;
using admission::reviewOf;
using elector::http::eventually;
using elector::http::TestClient;
using elector::http::TlsTestClient;
using elector::test::ElectorProcess;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::filesystem::path kGoldens = GOLDEN_FOLDER;
constexpr const char* kHost = "hook.system.svc";

std::string post(const std::string& body) {
    return fmt::format(
        "POST /inject?timeout=10s HTTP/1.1\r\nHost: {}:443\r\nContent-Type: application/json\r\n"
        "Accept: application/json, */*\r\nContent-Length: {}\r\n\r\n{}",
        kHost, body.size(), body);
}

std::string bodyOf(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

// A Pod that asks for a sidecar; `metadata` is members to put beside its annotations.
std::string podWith(const std::string& metadata, const std::string& annotations = "") {
    return fmt::format(R"({{"apiVersion":"v1","kind":"Pod","metadata":{{{}"annotations":{{)"
                       R"("leader-elector.io/inject":"true"{}}}}},)"
                       R"("spec":{{"containers":[{{"name":"web","image":"web"}}]}}}})",
                       metadata, annotations);
}

class WebhookProgramTest : public testing::Test {
  protected:
    // Without a certificate: deliver() stands for who mounts it.
    void start(const std::vector<std::string>& more = {}) {
        std::vector<std::string> arguments{"webhook",
                                           "--addr=127.0.0.1:0",
                                           "--health-addr=127.0.0.1:0",
                                           "--namespace=system",
                                           "--certificate=" + path_,
                                           "--key=" + keyPath_,
                                           "--image=leader-elector:golden",
                                           "--log-format=json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        if (!limit_) {
            program_ = std::make_unique<ElectorProcess>(INJECTOR_BINARY, std::move(arguments));
            return;
        }
        arguments.insert(arguments.begin(), INJECTOR_BINARY);
        std::vector<std::string> command = limit_->around(arguments);
        const std::string shell = command.front();
        command.erase(command.begin());
        program_ = std::make_unique<ElectorProcess>(shell, std::move(command));
    }
    // What is started from here on has as much memory as the chart gives the webhook's container.
    void limitMemory() {
        const auto values = YAML::LoadFile(CHART_VALUES);
        const auto amount = admission::parseQuantity(
            values["webhook"]["resources"]["limits"]["memory"].as<std::string>());
        ASSERT_TRUE(amount.has_value());
        limit_.emplace(static_cast<std::size_t>(*amount));
    }
    void deliver() {
        const auto leaf = mintLeaf(authority_, {kHost}, clock_.wall(), std::chrono::hours(1));
        elector::test::replaceText(path_, leaf.certificate);
        elector::test::replaceText(keyPath_, leaf.key);
    }
    void startServing(const std::vector<std::string>& more = {}) {
        deliver();
        start(more);
    }

    std::unique_ptr<TlsTestClient> connected(const std::string& from = "") const {
        return std::make_unique<TlsTestClient>(program_->port(), authority_.certificate, kHost,
                                               from);
    }
    std::string answerTo(const std::string& body) const {
        const auto client = connected();
        client->send(post(body));
        return client->answer();
    }
    // Of a review that is answered 200.
    ReadAnswer judged(const std::string& review) const {
        const std::string answer = answerTo(review);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
        return admission::readAnswer({200, bodyOf(answer), {}, {}});
    }
    std::string health(const std::string& path) const {
        program_->port();  // waits for the line
        const std::string mark = "\"healthPort\":\"";
        const std::string output = program_->output();
        const auto port = std::stoul(output.substr(output.find(mark) + mark.size()));
        return TestClient(static_cast<std::uint16_t>(port)).get(path);
    }
    // By the server's own count.
    int happened(const std::string& event) const {
        const std::string metrics = health("/metrics");
        const std::string mark = fmt::format("http_events_total{{event=\"{}\"}} ", event);
        return std::stoi(metrics.substr(metrics.find(mark) + mark.size()));
    }

    elector::runtime::SystemClock clock_;
    elector::test::TemporaryFolder folder_;
    std::string path_ = folder_.path() + "/certificate.pem";
    std::string keyPath_ = folder_.path() + "/key.pem";
    certificates::KeyPair authority_ =
        certificates::mintAuthority(clock_.wall(), std::chrono::hours(24));
    std::optional<elector::test::MemoryLimit> limit_;
    std::unique_ptr<ElectorProcess> program_;
};

// The golden cases: what is expected of each, and the Pod.
std::string golden(const std::string& file) {
    std::string text = elector::test::readText(kGoldens / file);
    const std::string mark = "@VERSION@";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark)) {
        text.replace(at, mark.size(), elector::kVersion);
    }
    return text;
}

std::set<std::string> goldenNames() {
    std::set<std::string> names;
    const std::string ending = ".pod.json";
    for (const auto& entry : std::filesystem::directory_iterator(kGoldens)) {
        const std::string file = entry.path().filename();
        if (file.ends_with(ending)) {
            names.insert(file.substr(0, file.size() - ending.size()));
        }
    }
    return names;
}

std::string textIn(const std::string& object, const char* key) {
    return json_text::stringIn(json_text::member(object, key).value_or("")).value_or("");
}

// JSON with the blanks between its parts taken out.
std::string compact(std::string_view json) {
    if (json_text::kindOf(json) == json_text::Kind::Object) {
        std::string text;
        for (const auto& member : json_text::membersOf(json)) {
            text += (text.empty() ? "" : ",") + std::string(member.rawKey) + ":" +
                    compact(member.value);
        }
        return "{" + text + "}";
    }
    if (json_text::kindOf(json) == json_text::Kind::Array) {
        std::string text;
        for (const auto element : json_text::elementsOf(json)) {
            text += (text.empty() ? "" : ",") + compact(element);
        }
        return "[" + text + "]";
    }
    return std::string(json);
}

TEST_F(WebhookProgramTest, AnswersEveryGoldenCaseAsExpected) {
    startServing();
    const auto names = goldenNames();
    ASSERT_GE(names.size(), 50U);
    const auto client = connected();
    for (const std::string& name : names) {
        SCOPED_TRACE(name);
        const std::string pod = golden(name + ".pod.json");
        const std::string expected = golden(name + ".expected.json");
        const std::string metadata(json_text::member(pod, "metadata").value_or(""));
        const std::string space = textIn(metadata, "namespace");
        client->send(post(reviewOf(pod, space.empty() ? "default" : space)));
        const std::string answer = client->answer();
        ASSERT_THAT(answer, StartsWith("HTTP/1.1 200 "));
        const ReadAnswer read = admission::readAnswer({200, bodyOf(answer), {}, {}});
        const bool isRefused = textIn(expected, "verdict") == "refused";
        const std::string patch = compact(json_text::member(expected, "patch").value_or("[]"));
        EXPECT_EQ(read.uid, "705ab4f5-6393-11e8-b7cc-42010a800002");
        EXPECT_EQ(read.allowed, !isRefused);
        EXPECT_EQ(read.message, isRefused ? textIn(expected, "reason") : "");
        EXPECT_EQ(read.patch, patch == "[]" ? "" : patch);
        for (const std::string& warning : read.warnings) {
            EXPECT_LT(warning.size(), 256U);
        }
    }
}

TEST_F(WebhookProgramTest, ADryRunIsAnsweredAsTheRealThing) {
    startServing();
    const std::string review =
        reviewOf(podWith(R"("name":"web-0",)", R"(,"leader-elector.io/lease-name":"web")"));
    std::string dry = review;
    dry.replace(dry.find(R"("dryRun":false)"), 14, R"("dryRun":true)");
    EXPECT_THAT(judged(review).patch, Not(IsEmpty()));
    EXPECT_EQ(judged(dry).patch, judged(review).patch);
}

TEST_F(WebhookProgramTest, APodThatHasOnlyAGenerateNameAndNoNamespaceIsInjected) {
    startServing();
    const ReadAnswer answer = judged(reviewOf(
        podWith(R"("generateName":"web-7d4b9c6f5-","labels":{"pod-template-hash":"7d4b9c6f5"},)"
                R"("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet",)"
                R"("name":"web-7d4b9c6f5","uid":"u","controller":true}],)")));
    EXPECT_TRUE(answer.allowed);
    EXPECT_EQ(answer.patchType, "JSONPatch");
    EXPECT_THAT(answer.patch, HasSubstr("--lease-name=web\""));
}

TEST_F(WebhookProgramTest, TheRequestsNamespaceCountsWhereThePodNamesNone) {
    startServing();
    const ReadAnswer answer = judged(reviewOf(podWith(R"("name":"web-0",)"), "kube-system"));
    EXPECT_TRUE(answer.allowed);
    EXPECT_THAT(answer.patch,
                AllOf(HasSubstr("skipped: "), Not(HasSubstr("leader-elector:golden"))));
}

TEST_F(WebhookProgramTest, AnotherVersionOfReviewsIsABadRequest) {
    startServing();
    std::string review = reviewOf(podWith(R"("name":"web-0",)"));
    review.replace(review.find("admission.k8s.io/v1"), 19, "admission.k8s.io/v1beta1");
    EXPECT_THAT(answerTo(review), StartsWith("HTTP/1.1 400 "));
}

TEST_F(WebhookProgramTest, WhatIsNoReviewIsABadRequestThatSaysSo) {
    startServing();
    const std::string noJson = "the body is no JSON\n";
    const std::string noReview = "the body is no AdmissionReview of admission.k8s.io/v1\n";
    for (const auto& [body, sentence] :
         std::vector<std::pair<std::string, std::string>>{{"", noJson},
                                                          {"{", noJson},
                                                          {"\xff\xfe", noJson},
                                                          {"[]", noReview},
                                                          {"null", noReview},
                                                          {R"({"kind":"Pod"})", noReview}}) {
        const std::string answer = answerTo(body);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << body;
        EXPECT_EQ(bodyOf(answer), sentence) << body;
    }
}

TEST_F(WebhookProgramTest, ABodyAboveSevenMebibytesIsTooLarge) {
    startServing();
    const auto client = connected();
    client->send(
        fmt::format("POST /inject HTTP/1.1\r\nHost: {}\r\nContent-Type: "
                    "application/json\r\nContent-Length: {}\r\n\r\n",
                    kHost, (7U << 20U) + 1));
    EXPECT_THAT(client->answer(),
                AllOf(StartsWith("HTTP/1.1 413 "), HasSubstr("Connection: close")));
}

TEST_F(WebhookProgramTest, ARefusalNamesAnnotationValueAndWhatIsAllowed) {
    startServing();
    const ReadAnswer answer = judged(
        reviewOf(podWith(R"("name":"web-0",)", R"(,"leader-elector.io/lease-name":"Web_1")")));
    EXPECT_FALSE(answer.allowed);
    EXPECT_THAT(answer.message, AllOf(HasSubstr("leader-elector.io/lease-name"), HasSubstr("Web_1"),
                                      HasSubstr("DNS subdomain")));
}

TEST_F(WebhookProgramTest, IsReadyOnceACertificateAppears) {
    start();
    EXPECT_THAT(health("/healthz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(health("/readyz"),
                AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("there is no certificate yet")));
    EXPECT_THROW(connected(), std::runtime_error);
    deliver();
    EXPECT_THAT(health("/readyz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_TRUE(judged(reviewOf(podWith(R"("name":"web-0",)"))).uid.starts_with("705ab4f5"));
}

TEST_F(WebhookProgramTest, SlowHandshakesAndIdleConnectionsDoNotDelayOthers) {
    startServing();
    std::vector<std::unique_ptr<TestClient>> slow;
    for (int i = 0; i < 300; ++i) {
        slow.push_back(std::make_unique<TestClient>(program_->port()));
        if (i % 2 == 0) {
            slow.back()->send("\x16\x03\x01\x02");
        }
    }
    for (int i = 0; i < 50; ++i) {
        EXPECT_THAT(answerTo(reviewOf(podWith(R"("name":"web-0",)"))), StartsWith("HTTP/1.1 200 "));
    }
}

TEST_F(WebhookProgramTest, UnfinishedBodiesOfOneAddressDoNotDelayThoseOfOthers) {
    // More than the 32 MiB that are kept at one time: four of the largest but for their last byte,
    // and the beginning of a fifth.
    constexpr std::size_t kMost = 7U << 20U;
    startServing();
    std::vector<std::unique_ptr<TlsTestClient>> hoarders;
    for (const std::size_t size : {kMost - 1, kMost - 1, kMost - 1, kMost - 1, kMost * 6 / 10}) {
        hoarders.push_back(connected("127.0.0.2"));
        hoarders.back()->send(
            fmt::format("POST /inject HTTP/1.1\r\nHost: {}\r\nContent-Type: "
                        "application/json\r\nContent-Length: {}\r\n\r\n{}",
                        kHost, kMost, std::string(size, ' ')));
    }
    ASSERT_TRUE(eventually([this] { return happened("held") == 1; }));

    const std::string large =
        fmt::format(R"("name":"web-0","labels":{{"a":"{}"}},)", std::string(1U << 20U, 'a'));
    EXPECT_THAT(answerTo(reviewOf(podWith(large))), StartsWith("HTTP/1.1 200 "));
    EXPECT_EQ(happened("held"), 1) << "it had to wait for the others";
}

// As many of `part` as fit into a review between `before` and `behind`.
std::string filled(const std::string& before, const std::string& part, const std::string& behind) {
    constexpr std::size_t kMost = 7U << 20U;
    const auto whole = [&](const std::string& parts) { return reviewOf(before + parts + behind); };
    std::string parts = part;
    parts.reserve(kMost);
    for (std::size_t size = whole(part).size(); size + part.size() + 1 <= kMost;
         size += part.size() + 1) {
        parts += "," + part;
    }
    return whole(parts);
}

// The largest reviews that the webhook takes, each of as many parts of some list or map as fit.
std::vector<std::string> absurdReviews() {
    const std::string asking = R"({"metadata":{"annotations":{"leader-elector.io/inject":"true",)"
                               R"("leader-elector.io/lease-name":"web")";
    const std::string container = R"(}},"spec":{"containers":[{"name":"web")";
    return {
        filled(asking + R"(}},"spec":{"containers":[)", "{}", "]}}"),
        filled(asking + R"(}},"spec":{"containers":[)", R"({"name":"a"})", "]}}"),
        filled(asking + R"(}},"spec":{"containers":[{"name":"web"}],"initContainers":[)",
               R"({"name":"a"})", "]}}"),
        filled(asking + R"(}},"spec":{"containers":[{"name":"web"}],"volumes":[)", "{}", "]}}"),
        filled(asking + container + R"(,"ports":[)", "{}", "]}]}}"),
        filled(asking + container + R"(,"env":[)", "{}", "]}]}}"),
        filled(asking + container + R"(,"volumeMounts":[)", "{}", "]}]}}"),
        filled(asking + ",", R"("":0)", R"(}},"spec":{"containers":[{"name":"web"}]}})"),
        filled(asking + ",", R"("leader-elector.io/x":"")", "}}}"),
        filled(asking + R"(},"labels":{)", R"("":0)",
               R"(}},"spec":{"containers":[{"name":"web"}]}})"),
        filled(asking + R"(},"ownerReferences":[)", "{}", "]}}"),
        filled(R"({"spec":{"containers":[{"name":"web"}]},"":{)", R"("":0)", "}}"),
    };
}

TEST_F(WebhookProgramTest, SurvivesAbsurdReviewsWithTheMemoryOfTheChart) {
    limitMemory();
    startServing();
    const std::string usual =
        reviewOf(podWith(R"("name":"web-0",)", R"(,"leader-elector.io/lease-name":"web")"));
    const auto reviews = absurdReviews();
    for (const std::string& review : reviews) {
        EXPECT_THAT(answerTo(review), StartsWith("HTTP/1.1 200 "));
        EXPECT_THAT(judged(usual).patch, HasSubstr("--lease-name=web"));
    }
    // Six callers at once, each with an address of its own; usual reviews go on being answered.
    constexpr int kCallers = 6;
    constexpr int kCalls = 3;
    std::atomic<int> callers{kCallers};
    {
        std::vector<std::jthread> threads;
        for (int caller = 0; caller < kCallers; ++caller) {
            threads.emplace_back([&, caller] {
                for (int call = 0; call < kCalls; ++call) {
                    const auto index = static_cast<std::size_t>(caller + call) % reviews.size();
                    try {
                        const auto client = connected(fmt::format("127.0.0.{}", caller + 2));
                        client->send(post(reviews[index]));
                        client->answer();
                    } catch (const std::runtime_error&) {
                        // Refused for want of memory, or cut off: allowed, as long as others are
                        // answered.
                    }
                }
                --callers;
            });
        }
        do {
            EXPECT_THAT(judged(usual).patch, HasSubstr("--lease-name=web"));
        } while (callers > 0 && !HasFailure());
    }
    EXPECT_TRUE(program_->isRunning()) << program_->output();
    RecordProperty("peakBytes", std::to_string(limit_->peak()));
}

TEST_F(WebhookProgramTest, NoCallIsLostWhileItIsToldToStop) {
    startServing({"--shutdown-delay=2s"});
    const std::string request = post(reviewOf(podWith(R"("name":"web-0",)")));
    std::atomic<bool> stopped{false};
    std::atomic<int> lost{0};
    std::atomic<int> answered{0};
    std::atomic<int> lastAnswers{0};
    {
        std::vector<std::jthread> callers;
        for (int i = 0; i < 4; ++i) {
            // An API server: keeps its connection until it is told that an answer is the last.
            callers.emplace_back([&] {
                try {
                    auto client = connected();
                    while (!stopped || answered == 0) {
                        client->send(request);
                        const std::string answer = client->answer();
                        ++answered;
                        if (answer.find("Connection: close") != std::string::npos) {
                            ++lastAnswers;
                            if (stopped) {
                                return;
                            }
                            client = connected();
                        }
                    }
                } catch (const std::runtime_error&) {
                    ++lost;
                }
            });
        }
        ASSERT_TRUE(elector::http::eventually([&] { return answered > 100; }));
        program_->signal(SIGTERM);
        ASSERT_TRUE(elector::http::eventually([&] { return lastAnswers > 20; }));
        EXPECT_THAT(health("/readyz"),
                    AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("shutting down\n")));
        stopped = true;  // its endpoint is gone: callers go elsewhere with their next connection
    }
    EXPECT_EQ(lost, 0);
    EXPECT_EQ(program_->waitForExit(), 0);
}

TEST_F(WebhookProgramTest, ASecondSignalEndsTheDelay) {
    startServing({"--shutdown-delay=10m"});
    health("/healthz");
    program_->signal(SIGTERM);
    ASSERT_TRUE(program_->waitForOutput("shutting down: not ready, still serving"));
    program_->signal(SIGINT);
    EXPECT_EQ(program_->waitForExit(), 0);
}

TEST_F(WebhookProgramTest, APortInUseIsRefused) {
    startServing();
    ElectorProcess second(INJECTOR_BINARY,
                          {"webhook", "--namespace=system", "--certificate=" + path_,
                           fmt::format("--addr=127.0.0.1:{}", program_->port())});
    EXPECT_EQ(second.waitForExit(), 2);
    EXPECT_TRUE(second.waitForOutput("the port is in use"));
}

TEST(InjectorExitTest, TheExitCodeIsTheSameWhereNothingCanBeSaid) {
    for (const std::string redirection : {"2>/dev/full", "2>&-", "<&- >&- 2>&-"}) {
        for (const std::string arguments : {"--bogus", "webhook --namespace=system --addr=x"}) {
            ElectorProcess process("/bin/sh", {"-c", fmt::format("exec {} {} {}", INJECTOR_BINARY,
                                                                 arguments, redirection)});
            EXPECT_EQ(process.waitForExit(), 2) << arguments << " " << redirection;
        }
    }
}

}  // namespace
}  // namespace injector
