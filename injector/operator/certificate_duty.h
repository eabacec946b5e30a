#pragma once

#include <functional>
#include <stop_token>
#include <thread>

#include "elector/http/metrics.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/certificates/keeper.h"
#include "injector/cluster/api.h"

namespace injector::operators {

// Keeps the webhook's certificate for as long as this replica leads.
//
// Threads: one of its own, with a connection of its own, so that no reconciling delays a renewal;
// from construction to destruction, which abandons a request under way.
class CertificateDuty {
  public:
    // All references outlive it. `expiry` shows for how many seconds certificates are
    // still valid, by the label `certificate`. Throws std::system_error where no thread can be
    // started.
    CertificateDuty(const elector::kubernetes::Access& access, certificates::Places places,
                    std::function<bool()> leads, elector::http::MetricFamily& expiry,
                    const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~CertificateDuty();
    CertificateDuty(const CertificateDuty&) = delete;
    CertificateDuty& operator=(const CertificateDuty&) = delete;

  private:
    void run();

    const std::function<bool()> leads_;
    elector::http::MetricFamily& expiry_;
    const elector::runtime::Clock& clock_;
    std::stop_source stop_;
    elector::runtime::Wake wake_;
    cluster::Api api_;
    certificates::Keeper keeper_;
    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace injector::operators
