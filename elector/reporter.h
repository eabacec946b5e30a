#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "elector/campaign/campaign.h"
#include "elector/campaign/feed.h"
#include "elector/campaign/listener.h"
#include "elector/election/lease.h"
#include "elector/http/metrics.h"
#include "elector/kubernetes/events.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector {

// Tells people what a campaign does: each note a line in the log and a count, the beginning and the
// end of an own term also a Kubernetes Event. All metrics carry the Lease's namespace and name, so
// that the campaigns of one process, each with its reporter, share one registry, and so that what
// candidates say of a Lease can be put together: `max by (namespace, lease)` of a series outlives a
// change of leader.
//
// Threads: as Listener says; measure() by any.
class Reporter final : public campaign::Listener {
  public:
    // `events` may be null: nothing to post to. All references outlive the reporter.
    Reporter(election::LeaseKey lease, std::string id, const runtime::Clock& clock,
             const runtime::Log& log, http::Metrics& metrics, kubernetes::EventRecorder* events);

    // Observes what the campaign with this feed and renew deadline tells from now on. Called before
    // it starts; the Subscription ends before the reporter does.
    [[nodiscard]] campaign::Feed::Subscription begin(campaign::Feed& feed,
                                                     election::Duration renewDeadline);

    void onNote(const election::Note& note, const election::Standing& standing) override;
    void onRequest(const std::string& operation, const election::ApiError* error,
                   election::Duration took) override;
    void onWatchEnded(const election::ApiError& error) override;

    // Sets the gauges to what `campaign`, the one that is reported on, says now.
    void measure(campaign::Campaign& campaign);

  private:
    void observe(const election::Standing& standing);
    void creditLeaderless(bool isLed);
    void log(const election::Note& note) const;
    // Of a series of this Lease, behind those that come first.
    http::MetricFamily::Values labels(http::MetricFamily::Values first = {}) const;

    const election::LeaseKey lease_;
    const std::string id_;
    const runtime::Clock& clock_;
    const runtime::Log& log_;
    kubernetes::EventRecorder* events_;
    http::MetricFamily& notes_;
    http::MetricFamily& requests_;
    http::MetricFamily& durations_;
    http::MetricFamily& watchEnds_;
    http::MetricFamily& masterStatus_;
    http::MetricFamily& leaderKnown_;
    http::MetricFamily& newsAge_;
    http::MetricFamily& validFor_;
    http::MetricFamily& ready_;
    http::MetricFamily& healthy_;
    http::MetricFamily& degraded_;
    http::MetricFamily& transitions_;
    http::MetricFamily& deadlineUsed_;
    http::MetricFamily& takeOver_;
    http::MetricFamily& leaderless_;

    // Of the thread that publishes.
    std::uint64_t observed_ = 0;  // the number of the last standing
    election::Duration renewDeadline_{};
    std::optional<election::Instant> termUntil_;    // while this process leads
    std::optional<election::Instant> leaderUntil_;  // of another leader, as last told
    std::optional<election::Instant> lastSign_;     // of it: a renewal, or its release

    std::mutex leaderlessMutex_;
    election::Instant creditedAt_;  // leaderless_ is counted up to here
    bool isLed_ = false;
};

}  // namespace elector
