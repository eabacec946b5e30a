#include "injector/operator/certificate_duty.h"

#include <chrono>
#include <utility>

#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

double secondsUntil(elector::runtime::WallTime end, elector::runtime::WallTime now) {
    return std::chrono::duration<double>(end - now).count();
}

cluster::Selection onlyOf(const std::string& configuration) {
    return {.resource = cluster::kMutatingWebhookConfigurations,
            .query = "fieldSelector=metadata.name%3D" + cluster::encoded(configuration),
            .mark = "",
            .keeps = [](const cluster::ObjectMeta& /*meta*/) { return true; }};
}

}  // namespace

CertificateDuty::CertificateDuty(const elector::kubernetes::Access& access,
                                 const certificates::Places& places, std::function<bool()> leads,
                                 elector::http::MetricFamily& expiry,
                                 const elector::runtime::Clock& clock,
                                 const elector::runtime::Log& log)
    : leads_(std::move(leads)),
      expiry_(expiry),
      clock_(clock),
      api_(access, clock, stop_.get_token()),
      keeper_(places, certificates::Lifetimes(), api_, clock, log),
      informer_(access, onlyOf(places.webhookConfiguration), *this, clock, log),
      thread_([this] { run(); }) {}

CertificateDuty::~CertificateDuty() {
    stop_.request_stop();
    wake_.wake();
}

void CertificateDuty::run() {
    while (!stop_.stop_requested()) {
        elector::runtime::Duration wait = certificates::Keeper::kRetryPeriod;
        if (leads_()) {
            wait = keeper_.keep();
        }
        if (const auto leaf = keeper_.leafExpiry()) {
            expiry_.set({"leaf"}, secondsUntil(*leaf, clock_.wall()));
        }
        if (const auto authority = keeper_.authorityExpiry()) {
            expiry_.set({"authority"}, secondsUntil(*authority, clock_.wall()));
        }
        if (!stop_.stop_requested()) {
            const auto pause = clock_.now() + kPause;
            wake_.waitUntil(clock_.now() + wait);
            while (!stop_.stop_requested() && clock_.now() < pause) {
                wake_.waitUntil(pause);
            }
        }
    }
}

}  // namespace injector::operators
