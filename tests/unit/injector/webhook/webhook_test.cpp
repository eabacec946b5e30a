#include "injector/webhook/webhook.h"

#include <Poco/Net/NetSSL.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "injector/certificates/mint.h"
#include "tests/support/captured_log.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/test_client.h"

namespace injector::webhook {
namespace {

using elector::http::TestClient;
using elector::http::TlsTestClient;
using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr const char* kReview =
    R"({"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",)"
    R"("kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},"namespace":"shop","operation":"CREATE",)"
    R"("object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-0","annotations":)"
    R"({"leader-elector.io/inject":"true","leader-elector.io/lease-name":"web"}},)"
    R"("spec":{"containers":[{"name":"web","image":"web"}]}}}})";

std::string post(const std::string& body, const std::string& type = "application/json",
                 const std::string& path = "/inject?timeout=10s") {
    return fmt::format(
        "POST {} HTTP/1.1\r\nHost: hook.system.svc:443\r\nContent-Type: {}\r\nContent-Length: "
        "{}\r\n\r\n{}",
        path, type, body.size(), body);
}

// The system's clock, which can be put forward, and can stop a thread that asks for the time.
class GateClock final : public elector::runtime::Clock {
  public:
    elector::runtime::Instant now() const override { return system_.now() + ahead_.load(); }
    elector::runtime::WallTime wall() const override {
        if (stopsNext_.exchange(false)) {
            stopped_ = true;
            opened_.wait(false);
        }
        return system_.wall();
    }

    void putForward(elector::runtime::Duration by) { ahead_ = ahead_.load() + by; }
    // The next call of wall() lasts until open().
    void stopNext() { stopsNext_ = true; }
    bool hasStopped() const { return stopped_; }
    void open() {
        opened_ = true;
        opened_.notify_all();
    }

  private:
    elector::runtime::SystemClock system_;
    std::atomic<elector::runtime::Duration> ahead_{elector::runtime::Duration()};
    mutable std::atomic<bool> stopsNext_ = false;
    mutable std::atomic<bool> stopped_ = false;
    std::atomic<bool> opened_ = false;
};

class WebhookTest : public testing::Test {
  protected:
    WebhookTest() {
        Poco::Net::initializeSSL();
        config.address = {"127.0.0.1", 0};
        config.healthAddress = {"127.0.0.1", 0};
        config.certificate = folder_.path() + "/certificate.pem";
        config.key = config.certificate;
        config.defaults.values["image"] = "leader-elector:test";
        config.defaults.releaseNamespace = "system";
    }
    ~WebhookTest() override {
        clock_.open();
        webhook.reset();
        Poco::Net::uninitializeSSL();
    }

    void start() {
        webhook = std::make_unique<Webhook>(config, clock_, captured.log());
        webhook->start();
    }
    void deliverCertificate(std::chrono::seconds life = std::chrono::hours(1)) {
        const auto leaf = mintLeaf(authority_, {"hook.system.svc"}, clock_.wall(), life);
        elector::test::replaceText(config.certificate, leaf.key + leaf.certificate);
    }
    void startServing() {
        deliverCertificate();
        start();
    }
    std::unique_ptr<TlsTestClient> connected() const {
        return std::make_unique<TlsTestClient>(webhook->port(), authority_.certificate,
                                               "hook.system.svc");
    }
    std::string answerTo(const std::string& request) const {
        const auto client = connected();
        client->send(request);
        return client->answer();
    }
    std::string health(const std::string& path) const {
        return TestClient(webhook->healthPort()).get(path);
    }

    config::WebhookConfig config;
    std::unique_ptr<Webhook> webhook;
    GateClock clock_;

  private:
    elector::test::TemporaryFolder folder_;
    certificates::KeyPair authority_ =
        certificates::mintAuthority(clock_.wall(), std::chrono::hours(24));

  protected:
    test::CapturedLog captured{clock_};
};

TEST_F(WebhookTest, AnswersAReviewOverTlsWithItsUidAndAPatch) {
    startServing();
    const std::string answer = answerTo(post(kReview));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK"));
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
    EXPECT_THAT(answer, HasSubstr(R"("uid":"u-1")"));
    EXPECT_THAT(answer, HasSubstr(R"("patchType":"JSONPatch")"));
}

TEST_F(WebhookTest, AnswersManyReviewsOnOneConnection) {
    startServing();
    const auto client = connected();
    for (int i = 0; i < 100; ++i) {
        client->send(post(kReview));
        ASSERT_THAT(client->answer(),
                    AllOf(HasSubstr(R"("uid":"u-1")"), Not(HasSubstr("Connection: close"))));
    }
}

TEST_F(WebhookTest, TakesJsonWithParametersAndRefusesOtherTypes) {
    startServing();
    for (const char* type : {"application/json", "application/json; charset=utf-8",
                             "Application/JSON;charset=utf-8", "application/json ;q=1"}) {
        EXPECT_THAT(answerTo(post(kReview, type)), StartsWith("HTTP/1.1 200 ")) << type;
    }
    for (const char* type : {"text/plain", "application/jsonx", "application/x-www-form-urlencoded",
                             "application/vnd.kubernetes.protobuf", "json"}) {
        const std::string answer = answerTo(post(kReview, type));
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 415 ")) << type;
        EXPECT_THAT(answer, EndsWith("A review has the content type application/json.\n"));
    }
    EXPECT_THAT(answerTo(fmt::format("POST /inject HTTP/1.1\r\nHost: a\r\nContent-Length: "
                                     "{}\r\n\r\n{}",
                                     std::string(kReview).size(), kReview)),
                StartsWith("HTTP/1.1 200 "));
}

TEST_F(WebhookTest, RefusesOtherPathsMethodsAndWhatIsNoReview) {
    startServing();
    EXPECT_THAT(answerTo(post(kReview, "application/json", "/mutate")),
                StartsWith("HTTP/1.1 404 "));
    EXPECT_THAT(answerTo("GET /inject HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("Allow: POST")));
    EXPECT_THAT(answerTo(post("{")), StartsWith("HTTP/1.1 400 "));
    // What is about the program itself is not for whoever reaches the reviews.
    EXPECT_THAT(answerTo("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
                StartsWith("HTTP/1.1 404 "));
}

TEST_F(WebhookTest, TakesSevenMebibytesAndNoMore) {
    startServing();
    const std::size_t most = std::size_t{7} << 20U;
    std::string body = kReview;
    body.append(most - body.size(), ' ');
    EXPECT_THAT(answerTo(post(body)), StartsWith("HTTP/1.1 200 "));
    const auto client = connected();
    client->send(
        fmt::format("POST /inject HTTP/1.1\r\nHost: a\r\nContent-Type: "
                    "application/json\r\nContent-Length: {}\r\n\r\n",
                    most + 1));
    EXPECT_THAT(client->answer(), StartsWith("HTTP/1.1 413 "));
}

TEST_F(WebhookTest, IsNotReadyBeforeACertificateAndReadyAfterwards) {
    start();
    EXPECT_THAT(health("/healthz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
    EXPECT_THAT(health("/readyz"),
                AllOf(StartsWith("HTTP/1.1 503 "),
                      EndsWith(fmt::format("there is no certificate yet: cannot find {}: No such "
                                           "file or directory\n",
                                           config.certificate))));
    deliverCertificate();
    EXPECT_THAT(health("/readyz"), AllOf(StartsWith("HTTP/1.1 200 "), EndsWith("\r\n\r\nok\n")));
}

TEST_F(WebhookTest, IsNotReadyWithACertificateThatHasExpired) {
    start();
    deliverCertificate(std::chrono::seconds(-60));
    EXPECT_THAT(health("/readyz"), AllOf(StartsWith("HTTP/1.1 503 "),
                                         HasSubstr("the certificate has expired, at 20")));
}

TEST_F(WebhookTest, AnswersProbesWhileTheReviewsLoopIsBusyAndTellsWhenItHangs) {
    startServing();
    ASSERT_THAT(health("/readyz"), StartsWith("HTTP/1.1 200 "));
    const auto client = connected();
    // An answer has a date: there the reviews' loop stays. The other loop has nothing to do.
    clock_.stopNext();
    client->send(post(kReview));
    ASSERT_TRUE(elector::http::eventually([this] { return clock_.hasStopped(); }));
    EXPECT_THAT(health("/healthz"), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(health("/readyz"), StartsWith("HTTP/1.1 200 "));
    clock_.putForward(std::chrono::seconds(11));
    for (const char* path : {"/healthz", "/readyz"}) {
        EXPECT_THAT(health(path),
                    AllOf(StartsWith("HTTP/1.1 503 "),
                          HasSubstr("the reviews' loop has not come to its end for 1")));
    }
    clock_.open();
    EXPECT_TRUE(elector::http::eventually(
        [this] { return health("/healthz").starts_with("HTTP/1.1 200 "); }));
}

TEST_F(WebhookTest, RetiringItServesOnIsNotReadyAndEndsItsConnections) {
    startServing();
    const auto keptOpen = connected();
    keptOpen->send(post(kReview));
    EXPECT_THAT(keptOpen->answer(), Not(HasSubstr("Connection: close")));
    webhook->retire();
    EXPECT_THAT(health("/readyz"),
                AllOf(StartsWith("HTTP/1.1 503 "), EndsWith("\r\n\r\nshutting down\n")));
    EXPECT_THAT(health("/healthz"), StartsWith("HTTP/1.1 200 "));
    keptOpen->send(post(kReview));
    EXPECT_THAT(keptOpen->answer(),
                AllOf(HasSubstr("Connection: close"), HasSubstr(R"("uid":"u-1")")));
    EXPECT_THAT(answerTo(post(kReview)),
                AllOf(HasSubstr("Connection: close"), HasSubstr(R"("uid":"u-1")")));
}

TEST_F(WebhookTest, CountsWhatItDecidedAndShowsTheCertificatesExpiry) {
    startServing();
    answerTo(post(kReview));
    answerTo(post(kReview));
    answerTo(post("{"));
    const std::string metrics = health("/metrics");
    for (const char* line : {"leader_elector_injector_reviews_total{verdict=\"injected\"} 2\n",
                             "leader_elector_injector_reviews_total{verdict=\"failed\"} 1\n",
                             "leader_elector_injector_reviews_total{verdict=\"refused\"} 0\n",
                             "leader_elector_injector_skips_total{reason=\"windows\"} 0\n",
                             "leader_elector_injector_refusals_total{reason=\"annotation\"} 0\n",
                             "leader_elector_injector_review_seconds_count 3\n",
                             "leader_elector_injector_review_seconds_bucket{le=\"0.0001\"} ",
                             "leader_elector_injector_http_events_total{event=\"request\"} 3\n",
                             "leader_elector_injector_certificate_expiry_seconds 35"}) {
        EXPECT_THAT(metrics, HasSubstr(line));
    }
}

TEST_F(WebhookTest, LogsAFailureOnceAMinute) {
    startServing();
    answerTo(post("{"));
    answerTo(post("["));
    EXPECT_EQ(captured.count("a review failed; further failures"), 1);
}

TEST_F(WebhookTest, HandshakesThatHangDoNotDelayOthers) {
    startServing();
    std::vector<std::unique_ptr<TestClient>> hanging;
    for (int i = 0; i < 200; ++i) {
        hanging.push_back(std::make_unique<TestClient>(webhook->port()));
        hanging.back()->send("\x16\x03\x01");  // the first bytes of a ClientHello
    }
    for (int i = 0; i < 20; ++i) {
        EXPECT_THAT(answerTo(post(kReview)), StartsWith("HTTP/1.1 200 "));
    }
}

TEST_F(WebhookTest, DisplacesNobodyForTheConnectionsOfAnApiServer) {
    startServing();
    const auto first = connected();
    std::vector<std::unique_ptr<TestClient>> others;
    for (int i = 0; i < 400; ++i) {
        others.push_back(std::make_unique<TestClient>(webhook->port()));
    }
    first->send(post(kReview));
    EXPECT_THAT(first->answer(), StartsWith("HTTP/1.1 200 "));
    EXPECT_THAT(health("/metrics"),
                HasSubstr("leader_elector_injector_http_events_total{event=\"displaced\"} 0\n"));
}

TEST_F(WebhookTest, SpeaksTls12AndNothingOlder) {
    startServing();
    const auto handshake = [this](int version) {
        const TestClient client(webhook->port());
        const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
            SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
        SSL_CTX_set_security_level(context.get(), 0);
        SSL_CTX_set_min_proto_version(context.get(), TLS1_VERSION);
        SSL_CTX_set_max_proto_version(context.get(), version);
        const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
        SSL_set_fd(ssl.get(), client.descriptor());
        return SSL_connect(ssl.get()) == 1 ? SSL_get_version(ssl.get()) : "none";
    };
    EXPECT_STREQ(handshake(TLS1_1_VERSION), "none");
    EXPECT_STREQ(handshake(TLS1_2_VERSION), "TLSv1.2");
    EXPECT_STREQ(handshake(TLS1_3_VERSION), "TLSv1.3");
}

TEST_F(WebhookTest, SaysThatItCannotListen) {
    startServing();
    config.address.port = webhook->port();
    try {
        const Webhook second(config, elector::runtime::SystemClock(), captured.log());
        FAIL() << "two listen on one port";
    } catch (const std::runtime_error& error) {
        EXPECT_EQ(std::string(error.what()),
                  fmt::format("cannot listen on 127.0.0.1:{}: the port is in use; stop the process "
                              "that listens there or choose another port",
                              webhook->port()));
    }
}

}  // namespace
}  // namespace injector::webhook
