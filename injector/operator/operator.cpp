#include "injector/operator/operator.h"

#include <stdexcept>
#include <utility>

#include "elector/kubernetes/access.h"

namespace injector::operators {
namespace {

elector::kubernetes::Access accessOf(const config::OperatorConfig& config) {
    if (auto access = elector::kubernetes::findAccess(config.kubeconfig)) {
        return *std::move(access);
    }
    throw std::runtime_error(
        "there is no Kubernetes to be found: KUBERNETES_SERVICE_HOST is not set, so this is no "
        "Pod; name a --kubeconfig");
}

// The operator's own election has the elector's defaults.
elector::config::Config electorConfig(const config::OperatorConfig& config) {
    elector::config::Config own;
    own.id = config.id;
    own.lease = {config.space, config.leaseName};
    own.address = config.healthAddress;
    own.kubeconfig = config.kubeconfig;
    own.podUid = config.podUid;
    own.logLevel = config.logging.level;
    own.logFormat = config.logging.format;
    return own;
}

certificates::Places placesOf(const config::OperatorConfig& config) {
    return {config.space, config.authoritySecret, config.certificateSecret,
            config.webhookConfiguration, config.service};
}

}  // namespace

Operator::Operator(config::OperatorConfig config, const elector::runtime::Clock& clock,
                   const elector::runtime::Log& log)
    : config_(std::move(config)),
      access_(accessOf(config_)),
      clock_(clock),
      log_(log),
      elector_(electorConfig(config_), clock, log),
      counters_(elector_.metricFamilies()),
      expiry_(elector_.metricFamilies().gauge("leader_elector_injector_certificate_expiry_seconds",
                                              "Seconds until a certificate of the webhook expires, "
                                              "as the replica that leads last saw it.",
                                              {"certificate"})) {
    elector_.alsoReadyWhen([this] {
        const std::lock_guard lock(mutex_);
        return outdated_;
    });
}

Operator::~Operator() = default;

void Operator::start() {
    elector_.start();
    supervisor_ = std::jthread([this](const std::stop_token& stop) { supervise(stop); });
}

void Operator::stop() {
    supervisor_.request_stop();
    supervisor_.join();
    elector_.stop();
}

void Operator::supervise(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_.wake(); });
    while (!stop.stop_requested()) {
        const auto answer = elector_.answer();
        // A new token is a new term: another replica may have led in between.
        if (answer.fencingToken != token_) {
            endTerm();
            token_ = answer.fencingToken;
            if (answer.isLeader) {
                beginTerm();
            }
        }
        report();
        wake_.waitUntil(clock_.now() + kLook);
    }
    endTerm();
}

void Operator::report() {
    auto outdated = term_ ? term_->report() : std::nullopt;
    const std::lock_guard lock(mutex_);
    outdated_ = std::move(outdated);
}

void Operator::beginTerm() {
    log_.info("started leading", {{"token", token_}});
    TermSettings settings;
    settings.copiesAnnotations = config_.copiesAnnotations;
    settings.managesRbac = config_.managesRbac;
    term_ = std::make_unique<Term>(
        access_, settings, [this] { return leads(); }, counters_, clock_, log_);
    if (config_.certificates == config::CertificateSource::Own) {
        certificates_ = std::make_unique<CertificateDuty>(
            access_, placesOf(config_), [this] { return leads(); }, expiry_, clock_, log_);
    }
}

void Operator::endTerm() {
    if (term_) {
        log_.info("stopped leading", {{"token", token_}});
    }
    certificates_.reset();
    term_.reset();
}

}  // namespace injector::operators
