#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "elector/campaign/campaign.h"
#include "elector/campaign/pod_lock.h"
#include "elector/config/invocation.h"
#include "elector/fresh_reads.h"
#include "elector/health/prober.h"
#include "elector/http/metrics.h"
#include "elector/http/server.h"
#include "elector/kubernetes/events.h"
#include "elector/leader_api.h"
#include "elector/reporter.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "elector/status_api.h"
#include "elector/store/lease_store.h"
#include "elector/teller.h"
#include "elector/term_api.h"

namespace elector {

// A running elector: a campaign, and a server that answers for it.
//
// Threads: the owner's, where nothing else is said.
class Elector final : private StatusSource {
  public:
    // Listens from here on. Throws std::runtime_error with a sentence where it cannot run:
    // unreadable kubeconfig, unwritable folder, port in use. `clock` and `log` outlive it.
    Elector(config::Config config, const runtime::Clock& clock, const runtime::Log& log);

    // Answers, and campaigns.
    void start();

    // Steps down as configured, answering "no" meanwhile, then ends the server. Takes the drain and
    // a release, D at most, even if the API does not answer.
    void stop();

    // Who leads, as of now. Any thread.
    election::Answer answer() const override { return campaign_->answer(); }
    // The same for whoever is told.
    campaign::Feed& feed() { return campaign_->feed(); }
    // Where it answers.
    std::uint16_t port() const { return server_->port(); }
    // For metrics of the program around it, shown with its own.
    http::Metrics& metricFamilies() { return metrics_; }
    // Why the program around it is not ready, in one line; nothing where it is. Asked in the
    // server's loop, so that it may not wait. REQUIRES: called before start().
    void alsoReadyWhen(std::function<std::optional<std::string>()> notReady) {
        alsoNotReady_ = std::move(notReady);
    }

  private:
    const std::string& id() const override { return config_.id; }
    const election::LeaseKey& lease() const override { return config_.lease; }
    std::optional<std::string> notLive() const override { return campaign_->notLive(); }
    std::optional<std::string> notReady() const override;
    std::string metrics() const override;
    std::string remarks() const override;

    void watchHealth(const config::HealthCheck& check);
    void openStore();
    void describeMetrics();
    void beginTelling();
    void programTold(const election::Answer& answer);

    const config::Config config_;
    const election::Settings settings_;
    const runtime::Clock& clock_;
    const runtime::Log& log_;

    std::function<std::optional<std::string>()> alsoNotReady_;
    // Up to when a "yes" may be good that a predecessor in this Pod has told.
    const runtime::Instant promisedBefore_;

    mutable http::Metrics metrics_;
    http::MetricFamily* connections_ = nullptr;
    http::MetricFamily* served_ = nullptr;
    http::MetricFamily* droppedLines_ = nullptr;

    std::unique_ptr<kubernetes::EventRecorder> events_;  // null: no Kubernetes to post to
    std::unique_ptr<store::LeaseStore> store_;
    std::unique_ptr<campaign::PodLock> podLock_;  // null: no Pod
    std::unique_ptr<Reporter> reporter_;
    LeaderApi leaderApi_;
    TermApi termApi_;
    // The server answers for the campaign, and the campaign announces by the server: the server is
    // stopped first, and destroyed last.
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<campaign::Campaign> campaign_;
    std::unique_ptr<campaign::Feed::Subscription> subscription_;  // of the leader API
    std::unique_ptr<campaign::Feed::Subscription> reporting_;
    std::list<Teller> tellers_;
    std::unique_ptr<FreshReads> reads_;
    // Last, so that it ends before whom it tells and asks. Null: no health gate.
    std::unique_ptr<health::Prober> prober_;
};

}  // namespace elector
