#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "elector/http/metrics.h"
#include "elector/http/server.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/admission/review.h"
#include "injector/config/invocation.h"
#include "injector/webhook/certificate_file.h"

namespace injector::webhook {

// A running webhook: answers admission reviews over HTTPS, and questions about itself over plain
// HTTP on a port of its own (/healthz, /readyz, /metrics), each by a thread of its own. No API
// call, no side effect. REQUIRES: Poco::Net::initializeSSL() was called.
//
// Threads: the owner's.
class Webhook {
  public:
    // Listens from here on. Throws std::runtime_error with a sentence where it cannot. `clock` and
    // `log` outlive it.
    Webhook(const config::WebhookConfig& config, const elector::runtime::Clock& clock,
            const elector::runtime::Log& log);
    // Stops.
    ~Webhook();
    Webhook(const Webhook&) = delete;
    Webhook& operator=(const Webhook&) = delete;

    void start();
    // Not ready from now on; serves on, but each answer is the last of its connection: so API
    // servers, who keep connections open, move to other replicas.
    void retire();
    void stop();

    std::uint16_t port() const { return reviews_->port(); }
    std::uint16_t healthPort() const { return health_->port(); }

  private:
    elector::http::Response review(const elector::http::Request& request);
    void count(admission::Verdict verdict, std::string_view cause, double amount);
    void note(const admission::ReviewAnswer& answer);
    std::string metrics();
    elector::http::Response liveness() const;
    elector::http::Response readiness();
    void addHealthRoutes(elector::http::Router& router);

    const admission::Defaults defaults_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;

    elector::http::Metrics metrics_;
    elector::http::MetricFamily& verdicts_;
    elector::http::MetricFamily& skips_;
    elector::http::MetricFamily& refusals_;
    elector::http::MetricFamily& seconds_;
    elector::http::MetricFamily& expiry_;
    elector::http::MetricFamily& connections_;
    elector::http::MetricFamily& happened_;

    CertificateFile certificate_;
    std::atomic<bool> retiring_ = false;
    elector::runtime::Instant nextNote_;  // when a failure may be logged again; the loop's alone
    std::unique_ptr<elector::http::Server> reviews_;
    std::unique_ptr<elector::http::Server> health_;
};

}  // namespace injector::webhook
