#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "elector/elector.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/config/invocation.h"
#include "injector/operator/certificate_duty.h"
#include "injector/operator/term.h"

namespace injector::operators {

// A running replica of the operator: campaigns for the operator's own Lease as any elector does,
// with the elector's API for health, metrics and who leads; and works while it leads.
//
// Threads: the owner's. Its own: the elector's five, one that begins and ends terms; and in a term
// those of Term and CertificateDuty.
class Operator {
  public:
    // Listens from here on. Throws std::runtime_error with a sentence where it cannot run:
    // unreadable kubeconfig, port in use. `clock` and `log` outlive it.
    Operator(config::OperatorConfig config, const elector::runtime::Clock& clock,
             const elector::runtime::Log& log);
    // Ends without ceremony: the Lease expires.
    ~Operator();
    Operator(const Operator&) = delete;
    Operator& operator=(const Operator&) = delete;

    void start();
    // Ends the work, and then steps down: who leads next finds nobody at work. Takes moments, and a
    // release, D at most.
    void stop();

    // How soon after a change of leadership the work begins or ends. Until it ends nothing is
    // written: each write asks who leads.
    static constexpr std::chrono::milliseconds kLook{500};

    // Whether this replica is the one that works. Any thread.
    bool leads() const { return elector_.answer().isLeader; }
    // The API that it uses, for who reads beside it.
    const elector::kubernetes::Access& access() const { return access_; }

  private:
    void supervise(const std::stop_token& stop);
    void beginTerm();
    void endTerm();
    void report();

    const config::OperatorConfig config_;
    const elector::kubernetes::Access access_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    elector::Elector elector_;
    Counters counters_;
    elector::http::MetricFamily& expiry_;
    elector::runtime::Wake wake_;

    // Of the supervising thread.
    std::string token_;  // of the term at work
    std::unique_ptr<Term> term_;
    std::unique_ptr<CertificateDuty> certificates_;

    mutable std::mutex mutex_;
    std::optional<std::string> outdated_;  // what the term does not know

    std::jthread supervisor_;  // last, so that it ends before what it uses
};

}  // namespace injector::operators
