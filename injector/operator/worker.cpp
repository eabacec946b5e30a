#include "injector/operator/worker.h"

#include <fmt/format.h>

#include <utility>

#include "elector/runtime/log.h"
#include "elector/runtime/random.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

// As a ResourceQuota counts them: "pods", "deployments.apps".
std::string quotaName(const Resource& kind) {
    const auto group = cluster::groupOf(kind.apiVersion);
    return group.empty() ? std::string(kind.plural) : fmt::format("{}.{}", kind.plural, group);
}

}  // namespace

Counters::Counters(elector::http::Metrics& metrics)
    : reconciles(metrics.counter("leader_elector_injector_reconciles_total",
                                 "What the operator looked at, by kind and outcome.",
                                 {"kind", "outcome"})),
      events(metrics.counter("leader_elector_injector_events_total",
                             "Events that the operator posted on workloads, by reason.",
                             {"reason"})),
      uninjected(metrics.gauge("leader_elector_injector_uninjected_pods",
                               "Pods that ask for a sidecar and came up without one; 0 while "
                               "another replica leads.")),
      leases(metrics.gauge("leader_elector_injector_leases",
                           "Leases that injected Pods campaign for; 0 while another replica "
                           "leads.")),
      listAge(metrics.gauge("leader_elector_injector_list_age_seconds",
                            "Seconds since all objects of the resource were last known: listed, or "
                            "followed by a watch; 0 while another replica leads.",
                            {"resource"})),
      unreadable(metrics.counter("leader_elector_injector_unreadable_objects_total",
                                 "Objects and events that were passed over as they could not be "
                                 "read, in this term.",
                                 {"resource"})),
      leftOut(metrics.counter("leader_elector_injector_left_out_parts_total",
                              "Annotations and other parts of objects that were ignored as they "
                              "were too long, in this term.",
                              {"resource"})),
      passedOver(metrics.counter("leader_elector_injector_passed_over_objects_total",
                                 "How often an object was passed over as its namespace had too "
                                 "many, in this term.",
                                 {"resource"})) {}

Worker::Worker(const elector::kubernetes::Access& access, const TermSettings& settings,
               std::function<bool()> leads, PodTable& pods, Counters& counters,
               const elector::runtime::Clock& clock, const elector::runtime::Log& log,
               std::stop_token stop)
    : settings_(settings),
      pods_(pods),
      counters_(counters),
      log_(log),
      stop_(std::move(stop)),
      queue_(clock, elector::runtime::randomSeed()),
      calls_(access, clock, stop_),
      api_(calls_, std::move(leads)),
      announcer_(api_, clock, log, counters.events),
      tools_{api_, announcer_, clock, log},
      owners_(api_),
      reader_(tools_, pods_, owners_),
      leases_(tools_),
      rights_(tools_, pods_, owners_, leases_),
      sweep_(tools_, settings_.keepExpired),
      copier_(tools_) {}

void Worker::run(const Distribute& distribute) {
    while (const auto task = queue_.take(stop_)) {
        const auto missed = announcer_.missed();
        const auto outcome = carryOut(*task, distribute);
        const bool isTold = announcer_.missed() == missed;
        const std::string kind = toString(task->kind);
        if (outcome && outcome.value() == Outcome::Settled && isTold) {
            queue_.succeeded(*task);
            counters_.reconciles.add({kind, "settled"}, 1);
        } else if (outcome) {
            queue_.retry(*task, std::nullopt,
                         outcome.value() == Outcome::ComeSoon ? WorkQueue::kLastLookSoon
                                                              : WorkQueue::kLastLook);
            counters_.reconciles.add({kind, "again"}, 1);
        } else if (!stop_.stop_requested()) {
            queue_.retry(*task, outcome.error().retryAfter);
            counters_.reconciles.add({kind, "failed"}, 1);
            log_.warn(
                "reconcile failed, will retry",
                {{"what", kind}, {"object", task->key.text()}, {"error", outcome.error().message}});
        }
        counters_.uninjected.set(static_cast<double>(pods_.countMissed()));
        counters_.leases.set(static_cast<double>(pods_.countLeases()));
    }
}

Result<Outcome> Worker::carryOut(const Task& task, const Distribute& distribute) {
    switch (task.kind) {
        case TaskKind::Pod:
            return seeToPod(task.key);
        case TaskKind::Lease:
            return seeToLease(task.key);
        case TaskKind::Workload:
            return copier_.reconcile(task.resource, task.key);
        case TaskKind::Crowd:
            return tellOfCrowd(task);
        case TaskKind::Sweep:
            return sweep(task.key, distribute);
    }
    return Outcome::Settled;
}

Result<Outcome> Worker::seeToPod(const ObjectKey& key) {
    const auto read = reader_.read(key);
    if (!read) {
        return read.error();
    }
    const std::optional<PodRecord>& pod = read.value();
    if (pod) {
        reader_.announce(*pod);
        if (stateOf(*pod) == PodState::Injected) {
            queue_.add({TaskKind::Lease, {}, {key.space, pod->lease()}});
        }
    }
    return Outcome::Settled;
}

Result<Outcome> Worker::seeToLease(const ObjectKey& lease) {
    if (settings_.managesRbac) {
        return rights_.reconcile(lease);
    }
    if (!pods_.hasCampaigning(lease)) {
        return Outcome::Settled;
    }
    // Who has which rights is not ours to know.
    const auto standing = leases_.prepare(lease, true);
    if (!standing) {
        return standing.error();
    }
    return standing.value().state == Leases::State::Marked ? Outcome::Settled : Outcome::ComeAgain;
}

Result<Outcome> Worker::tellOfCrowd(const Task& task) {
    const auto& kind = task.resource;
    const auto found = api_.getMeta(cluster::objectPath(kind, task.key.space, task.key.name));
    if (!found) {
        return found.error();
    }
    if (const std::optional<ObjectMeta>& meta = found.value()) {
        const OwnerReference object{std::string(kind.apiVersion), std::string(kind.kind),
                                    meta->key.name, meta->uid};
        announcer_.warn(
            task.key.space, object, reasons::kTooManyObjects,
            fmt::format("the namespace has more {} with annotations or labels of ours "
                        "than the operator keeps of one namespace: it does nothing for "
                        "\"{}\" and for others until there are fewer; use several "
                        "namespaces, or bound them by a ResourceQuota (count/{})",
                        kind.plural, elector::runtime::quoted(meta->key.name), quotaName(kind)));
    }
    return Outcome::Settled;
}

Result<Outcome> Worker::sweep(const ObjectKey& lease, const Distribute& distribute) {
    if (lease.name.empty()) {
        auto marked = sweep_.list();
        if (!marked) {
            return marked.error();
        }
        distribute(std::move(marked).value());
        queue_.addLater({TaskKind::Sweep, {}, {}}, settings_.sweepEvery);
        return Outcome::Settled;
    }
    // What was not read yet may campaign for it: then the next sweep sees to it.
    if (!pods_.hasUnread(lease.space) && !pods_.hasCampaigning(lease)) {
        if (const auto visited = sweep_.visit(lease); !visited) {
            return visited.error();
        }
    }
    return Outcome::Settled;
}

}  // namespace injector::operators
