#include "elector/reporter.h"

#include <chrono>
#include <utility>
#include <vector>

#include "elector/runtime/time_text.h"

namespace elector {
namespace {

using election::NoteKind;

// From a round trip within a node to the longest attempt that is sensible.
const std::vector<double> kSeconds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                   0.1,   0.25,   0.5,   1,    2.5,   5};
// From a release to a leader that crashed, with the longest lease that is common.
const std::vector<double> kTakeOverSeconds{0.1, 0.3, 1, 3, 10, 15, 30, 60};
const std::vector<double> kDeadlineUsed{0.5, 0.6, 0.75, 0.9};

double seconds(election::Duration duration) {
    return std::chrono::duration<double>(duration).count();
}

}  // namespace

Reporter::Reporter(election::LeaseKey lease, std::string id, const runtime::Clock& clock,
                   const runtime::Log& log, http::Metrics& metrics,
                   kubernetes::EventRecorder* events)
    : lease_(std::move(lease)),
      id_(std::move(id)),
      clock_(clock),
      log_(log),
      events_(events),
      notes_(metrics.counter("leader_elector_events_total",
                             "What happened in the election, by kind; term_began counts own terms.",
                             {"event", "namespace", "lease"})),
      requests_(metrics.counter("leader_elector_requests_total",
                                "Requests about the Lease, by operation and result.",
                                {"operation", "result", "namespace", "lease"})),
      durations_(metrics.histogram("leader_elector_request_duration_seconds",
                                   "How long requests about the Lease took.", kSeconds,
                                   {"operation", "namespace", "lease"})),
      watchEnds_(metrics.counter("leader_elector_watch_ends_total",
                                 "Watches of the Lease that ended, by reason.",
                                 {"reason", "namespace", "lease"})),
      masterStatus_(metrics.gauge("leader_election_master_status",
                                  "1 while this process leads, as client-go names it.",
                                  {"name", "namespace", "lease"})),
      leaderKnown_(metrics.gauge("leader_elector_leader_known",
                                 "1 while somebody is known to lead, this process or another.",
                                 {"namespace", "lease"})),
      newsAge_(metrics.gauge("leader_elector_news_age_seconds",
                             "How long ago the Lease was last heard of; missing before it was.",
                             {"namespace", "lease"})),
      validFor_(metrics.gauge("leader_elector_valid_seconds",
                              "For how long this process leads on if nothing is renewed any more.",
                              {"namespace", "lease"})),
      ready_(metrics.gauge("leader_elector_ready", "1 while the state of the Lease is known.",
                           {"namespace", "lease"})),
      healthy_(metrics.gauge("leader_elector_healthy",
                             "1 while the program counts as healthy, as it does without a health "
                             "gate.",
                             {"namespace", "lease"})),
      degraded_(metrics.gauge("leader_elector_degraded",
                              "1 while this process leads though its program is unhealthy.",
                              {"namespace", "lease"})),
      transitions_(metrics.gauge("leader_elector_lease_transitions",
                                 "How often the leader has changed, as the Lease says.",
                                 {"namespace", "lease"})),
      deadlineUsed_(metrics.histogram("leader_elector_renewal_deadline_used_ratio",
                                      "The part of the renew deadline that had passed when a "
                                      "renewal landed: at 1 the term would have been lost.",
                                      kDeadlineUsed, {"namespace", "lease"})),
      takeOver_(metrics.histogram("leader_elector_take_over_seconds",
                                  "From the last sign of another leader, a renewal or its release, "
                                  "to a term of this process after it.",
                                  kTakeOverSeconds, {"namespace", "lease"})),
      leaderless_(metrics.counter("leader_elector_leaderless_seconds_total",
                                  "For how long this process has known of no leader.",
                                  {"namespace", "lease"})),
      creditedAt_(clock.now()) {
    // Shown from the start, since an alert cannot be made of a series that is not there.
    for (const NoteKind kind : {NoteKind::TermBegan, NoteKind::TermEnded, NoteKind::LeaderChanged,
                                NoteKind::RevisionWentBack}) {
        notes_.add(labels({toString(kind)}), 0);
    }
}

campaign::Feed::Subscription Reporter::begin(campaign::Feed& feed,
                                             election::Duration renewDeadline) {
    renewDeadline_ = renewDeadline;
    return feed.subscribe([this, &feed] {
        while (const auto standing = feed.after(observed_)) {
            observed_ = standing->seq;
            observe(*standing);
        }
    });
}

// Signs of another leader are timed by their arrival here, on this process's clock.
void Reporter::observe(const election::Standing& standing) {
    const election::Instant now = clock_.now();
    if (!standing.leaseUid.empty()) {
        transitions_.set(labels(), static_cast<double>(standing.transitions));
    }
    creditLeaderless(standing.term || !standing.leader.empty());
    if (standing.term) {
        if (standing.reason == election::Reason::Renewed && termUntil_) {
            const election::Duration used = renewDeadline_ - (*termUntil_ - now);
            deadlineUsed_.observe(labels(), seconds(used) / seconds(renewDeadline_));
        } else if (standing.reason == election::Reason::Acquired && lastSign_) {
            takeOver_.observe(labels(), seconds(now - *lastSign_));
        }
        termUntil_ = standing.term->validUntil;
        lastSign_.reset();
        return;
    }
    termUntil_.reset();
    if (!standing.leader.empty()) {
        lastSign_ = now;
        leaderUntil_ = standing.leaderUntil;
    } else if (lastSign_ && leaderUntil_ && now < *leaderUntil_) {
        lastSign_ = now;  // it has released the Lease: its time was not up
    }
    if (standing.leader.empty()) {
        leaderUntil_.reset();
    }
}

void Reporter::creditLeaderless(bool isLed) {
    const election::Instant now = clock_.now();
    const std::lock_guard lock(leaderlessMutex_);
    leaderless_.add(labels(), isLed_ ? 0 : seconds(now - creditedAt_));
    creditedAt_ = now;
    isLed_ = isLed;
}

http::MetricFamily::Values Reporter::labels(http::MetricFamily::Values first) const {
    first.push_back(lease_.space);
    first.push_back(lease_.name);
    return first;
}

void Reporter::measure(campaign::Campaign& campaign) {
    const election::Answer now = campaign.answer();
    const auto lease = labels();
    masterStatus_.set(labels({lease_.name}), now.isLeader ? 1 : 0);
    creditLeaderless(!now.leader.empty());
    leaderKnown_.set(lease, now.leader.empty() ? 0 : 1);
    if (const auto age = campaign.newsAge()) {
        newsAge_.set(lease, seconds(*age));
    }
    validFor_.set(lease, now.isLeader ? seconds(now.validFor) : 0);
    ready_.set(lease, campaign.notReady() ? 0 : 1);
    healthy_.set(lease, campaign.isHealthy() ? 1 : 0);
    degraded_.set(lease, now.isLeader && now.degraded ? 1 : 0);
}

void Reporter::onNote(const election::Note& note, const election::Standing& standing) {
    notes_.add(labels({toString(note.kind)}), 1);
    log(note);
    if (events_ != nullptr && note.kind == NoteKind::TermBegan) {
        events_->record(lease_, standing.leaseUid, id_ + " became leader");
    } else if (events_ != nullptr && note.kind == NoteKind::Degraded) {
        events_->record(lease_, standing.leaseUid, id_ + " leads though its program is unhealthy");
    } else if (events_ != nullptr && note.kind == NoteKind::TermEnded) {
        events_->record(lease_, standing.leaseUid, id_ + " stopped leading");
    }
}

// One sentence for each kind.
// NOLINTNEXTLINE(readability-function-size)
void Reporter::log(const election::Note& note) const {
    const std::string lease = lease_.text();
    switch (note.kind) {
        case NoteKind::TermBegan:
            log_.info(id_ + " became leader", {{"lease", lease}, {"token", note.detail}});
            break;
        case NoteKind::TermEnded:
            log_.info(id_ + " stopped leading", {{"lease", lease}, {"reason", note.detail}});
            break;
        case NoteKind::LeaderChanged:
            if (note.detail.empty()) {
                log_.info("no leader known", {{"lease", lease}});
            } else {
                log_.info("new leader observed", {{"lease", lease}, {"leader", note.detail}});
            }
            break;
        case NoteKind::LeaseCreated:
            log_.info("created the Lease, vacant", {{"lease", lease}});
            break;
        case NoteKind::LeaseMissing:
            log_.info("Lease not found, creating it", {{"lease", lease}});
            break;
        case NoteKind::Released:
            log_.info("released the Lease", {{"lease", lease}});
            break;
        case NoteKind::NotReleased:
            log_.warn("did not release the Lease, it will expire",
                      {{"lease", lease}, {"reason", note.detail}});
            break;
        case NoteKind::HeldForLife:
            log_.info("the Lease is held for life: it is free once it is deleted with its Pod",
                      {{"lease", lease}, {"holder", note.detail}});
            break;
        case NoteKind::OddRecord:
            log_.warn("the Lease has malformed fields", {{"lease", lease}, {"odd", note.detail}});
            break;
        case NoteKind::RevisionWentBack:
            log_.error("the Lease is older than it was: was etcd restored from a backup? Waiting",
                       {{"lease", lease}, {"resourceVersion", note.detail}});
            break;
        case NoteKind::CreatedByUpdate:
            log_.error("the API server did not compare before it swapped: no term begins by this",
                       {{"lease", lease}, {"write", note.detail}});
            break;
        case NoteKind::WriteIgnored:
            log_.warn("the API server answered a write with the version it was based on",
                      {{"lease", lease}, {"resourceVersion", note.detail}});
            break;
        case NoteKind::NameInUse:
            log_.warn("another live process uses this id: give each its own --id",
                      {{"lease", lease}, {"id", id_}, {"session", note.detail}});
            break;
        case NoteKind::RequestFailed:
            log_.warn("a request failed, will retry", {{"lease", lease}, {"error", note.detail}});
            break;
        case NoteKind::WatchDenied:
            log_.warn("not allowed to watch the Lease: polling it every retry period",
                      {{"lease", lease}, {"error", note.detail}});
            break;
        case NoteKind::WatchRestored:
            log_.info("allowed to watch the Lease again", {{"lease", lease}});
            break;
        case NoteKind::WatchBroken:
            log_.warn("the watch of the Lease ends again and again",
                      {{"lease", lease}, {"error", note.detail}});
            break;
        case NoteKind::Healthy:
            log_.info("the program is healthy", {{"lease", lease}});
            break;
        case NoteKind::Unhealthy:
            log_.warn("the program is unhealthy: this process does not lead meanwhile",
                      {{"lease", lease}, {"reason", note.detail}});
            break;
        case NoteKind::Degraded:
            log_.warn(id_ + " leads though its program is unhealthy: nobody else did",
                      {{"lease", lease}, {"reason", note.detail}});
            break;
        case NoteKind::PodLocked:
            log_.warn("another elector in this Pod campaigns for the Lease: waiting for its end",
                      {{"lease", lease}, {"lock", note.detail}});
            break;
    }
}

void Reporter::onRequest(const std::string& operation, const election::ApiError* error,
                         election::Duration took) {
    requests_.add(labels({operation, error == nullptr ? "ok" : toString(error->kind)}), 1);
    durations_.observe(labels({operation}), seconds(took));
    if (log_.enabled(runtime::LogLevel::Debug)) {
        log_.debug("request", {{"lease", lease_.text()},
                               {"operation", operation},
                               {"took", runtime::formatDuration(took)},
                               {"error", error == nullptr ? "" : error->message}});
    }
}

void Reporter::onWatchEnded(const election::ApiError& error) {
    watchEnds_.add(labels({toString(error.kind)}), 1);
    log_.debug("the watch ended, reopening it",
               {{"lease", lease_.text()}, {"error", error.message}});
}

}  // namespace elector
