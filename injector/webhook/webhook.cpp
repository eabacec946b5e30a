#include "injector/webhook/webhook.h"

#include <Poco/Net/Context.h>
#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cctype>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/names.h"
#include "elector/version.h"

namespace injector::webhook {
namespace {

using admission::ReviewAnswer;
using admission::Verdict;
using elector::http::Limits;
using elector::http::Request;
using elector::http::Response;
using elector::http::Router;
using elector::http::Server;
using elector::http::ServerOptions;

constexpr int kUnsupportedType = 415;
constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
// An AdmissionReview holds an object and, of an update, the old one too, each of at most 3 MB,
// which is what API servers take; and 1 MB for the rest.
constexpr std::size_t kMostReviewBytes = 7 * kMebibyte;
// All reviews that are being received: four of the largest, or ten thousand usual ones.
constexpr std::size_t kMostBufferedBytes = 32 * kMebibyte;
// All connections with what they hold, those reviews and handshakes included, of the 128 MiB that
// the chart grants: docs/decisions/0015.
constexpr std::size_t kMostConnectionBytes = 80 * kMebibyte;
constexpr std::size_t kMostProbeBytes = 8 * kMebibyte;
// Large reviews cost more the smaller it is: with 16 KiB one of 1 MiB took twice the processor.
constexpr int kReceiveBuffer = 32768;
// So long the reviews' loop needs for nothing that it does: it hangs.
constexpr std::chrono::seconds kHangs{10};
// A minute's failures have one cause, mostly.
constexpr std::chrono::minutes kBetweenNotes{1};

// From what a small Pod takes to what nobody should ever see: an API server waits 10 s.
const std::vector<double> kSeconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01,
                                   0.025,  0.05,    0.1,    0.25,  0.5,    1};

// Sized for API servers: a few addresses (behind some networks a single one), each with as many
// connections as it has Pods to ask about at once. Go's clients close idle ones after 90 s, before
// we do.
Limits limitsForApiServers() {
    Limits limits;
    limits.connectionsPerRemote = 1024;
    limits.remoteConnections = 2048;
    limits.bodyBytes = kMostReviewBytes;
    limits.bufferedBytes = kMostBufferedBytes;
    limits.memoryBytes = kMostConnectionBytes;
    limits.receiveBuffer = kReceiveBuffer;
    return limits;
}

Poco::Net::Context::Ptr tlsShowing(CertificateFile& certificate) {
    using Poco::Net::Context;
    // The list is that of TLS 1.2; all suites of 1.3, which is preferred, are good.
    Context::Ptr context = new Context(Context::TLS_SERVER_USE, "", "", "", Context::VERIFY_NONE, 9,
                                       false, "ECDHE+AESGCM:ECDHE+CHACHA20");
    context->requireMinimumProtocol(Context::PROTO_TLSV1_2);
    SSL_CTX* ssl = context->sslContext();
    // No sessions to resume: who comes again sees the certificate of that moment. API servers do
    // not ask for it either.
    SSL_CTX_set_session_cache_mode(ssl, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(ssl, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ssl, 0);
    certificate.attachTo(ssl);
    return context;
}

// "application/json", with parameters or without; what does not say is taken for it.
bool isJson(const Request& request) {
    constexpr std::string_view kJson = "application/json";
    const std::string_view type = request.head.field("Content-Type").value_or(kJson);
    if (type.size() < kJson.size() ||
        !std::ranges::equal(type.substr(0, kJson.size()), kJson, [](char left, char right) {
            return std::tolower(static_cast<unsigned char>(left)) == right;
        })) {
        return false;
    }
    const std::string_view rest = type.substr(kJson.size());
    return rest.empty() || rest.front() == ';' || rest.front() == ' ';
}

}  // namespace

Webhook::Webhook(const config::WebhookConfig& config, const elector::runtime::Clock& clock,
                 const elector::runtime::Log& log)
    : defaults_(config.defaults),
      clock_(clock),
      log_(log),
      verdicts_(metrics_.counter("leader_elector_injector_reviews_total",
                                 "Reviews of Pods answered, by what was decided.", {"verdict"})),
      skips_(metrics_.counter("leader_elector_injector_skips_total",
                              "Pods that asked for a sidecar and were let in without, by reason.",
                              {"reason"})),
      refusals_(metrics_.counter("leader_elector_injector_refusals_total",
                                 "Pods that were refused, by reason.", {"reason"})),
      seconds_(metrics_.histogram("leader_elector_injector_review_seconds",
                                  "How long deciding about a Pod took.", kSeconds)),
      expiry_(metrics_.gauge("leader_elector_injector_certificate_expiry_seconds",
                             "Seconds until the certificate in use expires; 0 where there is "
                             "none.")),
      connections_(metrics_.gauge("leader_elector_injector_http_connections",
                                  "Open connections to the webhook.")),
      happened_(metrics_.counter("leader_elector_injector_http_events_total",
                                 "What happened at the webhook's server, by kind.", {"event"})),
      certificate_({config.certificate, config.key}, clock, log) {
    metrics_.gauge("leader_elector_injector_info", "1; the version that runs.", {"version"})
        .set({elector::kVersion}, 1);
    // Shown from the start, since an alert cannot be made of a series that is not there.
    for (const Verdict verdict : {Verdict::NotAsked, Verdict::Injected, Verdict::Already,
                                  Verdict::Skipped, Verdict::Refused, Verdict::Failed}) {
        verdicts_.add({toString(verdict)}, 0);
    }
    for (const auto& [verdict, cause] : admission::kCauses) {
        count(verdict, cause, 0);
    }

    ServerOptions reviews;
    reviews.host = config.address.host;
    reviews.port = config.address.port;
    reviews.limits = limitsForApiServers();
    reviews.tls = tlsShowing(certificate_);
    Router reviewRoutes;
    reviewRoutes.answer("POST", elector::names::kWebhookPath,
                        [this](const Request& request) { return review(request); });
    reviews_ = std::make_unique<Server>(std::move(reviews), std::move(reviewRoutes), clock, log);

    ServerOptions health;
    health.host = config.healthAddress.host;
    health.port = config.healthAddress.port;
    health.limits.memoryBytes = kMostProbeBytes;
    Router healthRoutes;
    addHealthRoutes(healthRoutes);
    health_ = std::make_unique<Server>(std::move(health), std::move(healthRoutes), clock, log);
}

Webhook::~Webhook() {
    stop();
}

void Webhook::start() {
    reviews_->start();
    health_->start();
    log_.info("answering reviews", {{"port", std::to_string(port())},
                                    {"healthPort", std::to_string(healthPort())},
                                    {"version", elector::kVersion}});
}

void Webhook::retire() {
    retiring_ = true;
    reviews_->retire();
}

void Webhook::stop() {
    reviews_->stop();
    health_->stop();
}

Response Webhook::review(const Request& request) {
    if (!isJson(request)) {
        return Response::text(kUnsupportedType,
                              "A review has the content type application/json.\n");
    }
    const elector::runtime::Instant begun = clock_.now();
    ReviewAnswer answer = admission::review(request.body, defaults_);
    seconds_.observe(std::chrono::duration<double>(clock_.now() - begun).count());
    verdicts_.add({toString(answer.verdict)}, 1);
    count(answer.verdict, answer.cause, 1);
    note(answer);
    constexpr int kOk = 200;
    return answer.status == kOk ? Response::json(std::move(answer.body))
                                : Response::text(answer.status, std::move(answer.body) + '\n');
}

// By what kept the Pod from a sidecar, if anything did.
void Webhook::count(Verdict verdict, std::string_view cause, double amount) {
    if (verdict == Verdict::Skipped) {
        skips_.add({std::string(cause)}, amount);
    } else if (verdict == Verdict::Refused) {
        refusals_.add({std::string(cause)}, amount);
    }
}

void Webhook::note(const ReviewAnswer& answer) {
    if (answer.verdict == Verdict::Failed && clock_.now() >= nextNote_) {
        nextNote_ = clock_.now() + kBetweenNotes;
        log_.warn("a review failed; further failures are not logged for a minute",
                  {{"status", std::to_string(answer.status)}, {"answer", answer.body}});
    } else {
        log_.debug("answered a review", {{"verdict", toString(answer.verdict)}});
    }
}

Response Webhook::liveness() const {
    const auto busy = std::chrono::duration_cast<std::chrono::seconds>(reviews_->busyFor());
    if (busy >= kHangs) {
        return Response::unavailable(
            fmt::format("the reviews' loop has not come to its end for {} s\n", busy.count()));
    }
    return Response::text(200, "ok\n");
}

Response Webhook::readiness() {
    if (retiring_) {
        return Response::unavailable("shutting down\n");
    }
    if (const auto complaint = certificate_.complaint()) {
        return Response::unavailable(*complaint + '\n');
    }
    return liveness();
}

// All of them are answered at once: a probe neither waits for the reviews nor needs a place among
// those who wait.
void Webhook::addHealthRoutes(Router& router) {
    router.answer("GET", "/healthz", [this](const Request&) { return liveness(); });
    router.answer("GET", "/readyz", [this](const Request&) { return readiness(); });
    router.answer("GET", "/metrics",
                  [this](const Request&) { return Response{200, kMetricsType, metrics()}; });
}

std::string Webhook::metrics() {
    const auto expiry = certificate_.expiry();
    expiry_.set(expiry ? std::chrono::duration<double>(*expiry - clock_.wall()).count() : 0);
    const elector::http::Stats& stats = reviews_->stats();
    connections_.set(static_cast<double>(stats.open));
    happened_.set({"connection"}, static_cast<double>(stats.connections));
    happened_.set({"request"}, static_cast<double>(stats.requests));
    happened_.set({"refusal"}, static_cast<double>(stats.refusals));
    happened_.set({"displaced"}, static_cast<double>(stats.displaced));
    happened_.set({"shed"}, static_cast<double>(stats.shed));
    happened_.set({"expired"}, static_cast<double>(stats.expired));
    happened_.set({"held"}, static_cast<double>(stats.held));
    happened_.set({"failure"}, static_cast<double>(stats.failures));
    return metrics_.text();
}

}  // namespace injector::webhook
