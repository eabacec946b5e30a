#pragma once

#include <string>

#include "elector/campaign/campaign.h"
#include "elector/campaign/listener.h"
#include "elector/election/lease.h"
#include "elector/http/metrics.h"
#include "elector/kubernetes/events.h"
#include "elector/runtime/log.h"

namespace elector {

// Tells people what a campaign does: each note a line in the log and a count, the beginning and the
// end of an own term also a Kubernetes Event. All metrics carry the Lease's name and namespace, so
// that the campaigns of one process, each with its reporter, share one registry.
//
// Threads: as Listener says; measure() by any.
class Reporter final : public campaign::Listener {
  public:
    // `events` may be null: nothing to post to. All references outlive the reporter.
    Reporter(election::LeaseKey lease, std::string id, const runtime::Log& log,
             http::Metrics& metrics, kubernetes::EventRecorder* events);

    void onNote(const election::Note& note, const election::Standing& standing) override;
    void onRequest(const std::string& operation, const election::ApiError* error,
                   election::Duration took) override;
    void onWatchEnded(const election::ApiError& error) override;

    // Sets the gauges to what `campaign`, the one that is reported on, says now.
    void measure(campaign::Campaign& campaign);

  private:
    void log(const election::Note& note) const;
    // Of a series of this Lease, behind those that come first.
    http::MetricFamily::Values labels(http::MetricFamily::Values first = {}) const;

    const election::LeaseKey lease_;
    const std::string id_;
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
};

}  // namespace elector
