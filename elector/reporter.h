#pragma once

#include <string>

#include "elector/campaign/listener.h"
#include "elector/election/lease.h"
#include "elector/http/metrics.h"
#include "elector/kubernetes/events.h"
#include "elector/runtime/log.h"

namespace elector {

// Tells people what a campaign does: each note a line in the log and a count, the beginning and the
// end of an own term also a Kubernetes Event.
//
// Threads: as Listener says.
class Reporter final : public campaign::Listener {
  public:
    // `events` may be null: nothing to post to. All references outlive the reporter.
    Reporter(election::LeaseKey lease, std::string id, const runtime::Log& log,
             http::Metrics& metrics, kubernetes::EventRecorder* events);

    void onNote(const election::Note& note, const election::Standing& standing) override;
    void onRequest(const std::string& operation, const election::ApiError* error,
                   election::Duration took) override;
    void onWatchEnded(const election::ApiError& error) override;

  private:
    void log(const election::Note& note) const;

    const election::LeaseKey lease_;
    const std::string id_;
    const runtime::Log& log_;
    kubernetes::EventRecorder* events_;
    http::MetricFamily& notes_;
    http::MetricFamily& requests_;
    http::MetricFamily& durations_;
    http::MetricFamily& watchEnds_;
};

}  // namespace elector
