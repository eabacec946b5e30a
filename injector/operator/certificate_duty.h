#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string_view>
#include <thread>

#include "elector/http/metrics.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/certificates/keeper.h"
#include "injector/cluster/api.h"
#include "injector/cluster/informer.h"

namespace injector::operators {

// Keeps the webhook's certificate for as long as this replica leads. Watches the webhook's
// configuration: somebody who takes the caBundle away, as whoever writes the whole object does,
// takes the webhook away until it is there again.
//
// Threads: two of its own, with connections of their own, so that no reconciling delays a renewal;
// from construction to destruction, which abandons a request under way.
class CertificateDuty : private cluster::InformerSink {
  public:
    // All references outlive it. `expiry` shows for how many seconds certificates are
    // still valid, by the label `certificate`. Throws std::system_error where no thread can be
    // started.
    CertificateDuty(const elector::kubernetes::Access& access, const certificates::Places& places,
                    std::function<bool()> leads, elector::http::MetricFamily& expiry,
                    const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~CertificateDuty() override;
    CertificateDuty(const CertificateDuty&) = delete;
    CertificateDuty& operator=(const CertificateDuty&) = delete;

    // However often somebody writes the configuration, it is looked at once in so long.
    static constexpr std::chrono::seconds kPause{1};

  private:
    void run();

    void onPresent(cluster::ObjectMeta /*meta*/, std::string_view /*object*/) override {
        wake_.wake();
    }
    void onGone(const cluster::ObjectKey& /*key*/) override { wake_.wake(); }
    void onPassedOver(const cluster::ObjectKey& /*key*/) override {}
    void onSynced() override {}

    const std::function<bool()> leads_;
    elector::http::MetricFamily& expiry_;
    const elector::runtime::Clock& clock_;
    std::stop_source stop_;
    elector::runtime::Wake wake_;
    cluster::Api api_;
    certificates::Keeper keeper_;
    cluster::Informer informer_;
    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace injector::operators
