#include "injector/operator/term.h"

#include <fmt/format.h>

#include <utility>

#include "elector/names.h"
#include "elector/runtime/random.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
using cluster::Informer;
using cluster::InformerSink;
using cluster::Selection;

constexpr std::size_t kSeedBytes = 8;

std::uint64_t randomSeed() {
    return std::stoull(elector::runtime::randomHex(kSeedBytes), nullptr, 16);
}

// About 10,000 Pods of one namespace.
constexpr std::size_t kMostPodsOfSpace = std::size_t{24} * 1024 * 1024;

// Pods that have ended campaign no more, though they stay for their logs.
Selection podSelection() {
    return {cluster::kPods,
            "fieldSelector=" + cluster::encoded("status.phase!=Succeeded,status.phase!=Failed"),
            names::kPrefix, &concernsUs, kMostPodsOfSpace};
}

Selection rbacSelection(const Resource& resource) {
    return {resource,
            "labelSelector=" +
                cluster::encoded(fmt::format("{}={}", names::kManagedByLabel, names::kOperator)),
            names::kRolePrefix, [](const ObjectMeta& object) {
                return !isProtected(object.key.space) && leaseOf(object.key).has_value();
            }};
}

Selection workloadSelection(const Resource& kind) {
    return {kind, "", names::kPrefix, [kind](const ObjectMeta& workload) {
                return !isProtected(workload.key.space) && isCopied(kind, workload);
            }};
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

class Term::PodSink final : public InformerSink {
  public:
    explicit PodSink(Term& term) : term_(term) {}

    void onPresent(ObjectMeta meta) override {
        auto record = recordOf(meta);
        const auto before = term_.pods_.find(record.key);
        if (term_.pods_.put(std::move(record))) {
            lookAt(before);  // another Pod may have its name now
            term_.queue_.add({TaskKind::Pod, "", meta.key});
        }
    }
    void onGone(const ObjectKey& key) override {
        lookAt(term_.pods_.remove(key));
        term_.queue_.add({TaskKind::Pod, "", key});
    }
    void onSynced() override { term_.podsKnown(); }

  private:
    void lookAt(const std::optional<PodRecord>& pod) {
        if (pod && !pod->lease().empty()) {
            term_.queue_.add({TaskKind::Lease, "", {pod->key.space, pod->lease()}});
        }
    }

    Term& term_;
};

class Term::RbacSink final : public InformerSink {
  public:
    explicit RbacSink(Term& term) : term_(term) {}

    void onPresent(ObjectMeta meta) override { onGone(meta.key); }
    void onGone(const ObjectKey& key) override {
        if (const auto lease = leaseOf(key)) {
            term_.queue_.add({TaskKind::Lease, "", *lease});
        }
    }
    void onSynced() override {}

  private:
    Term& term_;
};

class Term::WorkloadSink final : public InformerSink {
  public:
    WorkloadSink(Term& term, const Resource& kind) : term_(term), kind_(kind) {}

    void onPresent(ObjectMeta meta) override {
        if (term_.copier_.put(kind_, meta)) {
            term_.queue_.add({TaskKind::Workload, kind_.plural, meta.key});
        }
    }
    void onGone(const ObjectKey& key) override {
        term_.copier_.remove(kind_, key);
        term_.queue_.add({TaskKind::Workload, kind_.plural, key});
    }
    void onSynced() override {}

  private:
    Term& term_;
    const Resource& kind_;
};

Term::Term(const elector::kubernetes::Access& access, TermSettings settings,
           std::function<bool()> leads, Counters& counters, const elector::runtime::Clock& clock,
           const elector::runtime::Log& log)
    : settings_(settings),
      counters_(counters),
      clock_(clock),
      log_(log),
      queue_(clock, randomSeed()),
      calls_(access, clock, stop_.get_token()),
      api_(calls_, std::move(leads)),
      announcer_(api_, clock, log, counters.events),
      tools_{api_, announcer_, clock, log},
      owners_(api_),
      reader_(tools_, pods_, owners_),
      rights_(tools_, pods_, reader_, owners_),
      label_(tools_),
      sweep_(tools_, settings_.keepExpired),
      copier_(tools_) {
    watch(access);
    worker_ = std::jthread([this] { work(); });
}

Term::~Term() {
    stop_.request_stop();
    podsKnown();
    worker_.join();
    counters_.uninjected.set(0);
    counters_.leases.set(0);
    for (const auto& informer : informers_) {
        counters_.listAge.set({std::string(informer->resource().plural)}, 0);
    }
    informers_.clear();
}

void Term::watch(const elector::kubernetes::Access& access) {
    watch(access, podSelection(), std::make_unique<PodSink>(*this));
    if (settings_.managesRbac) {
        for (const auto& kind : {cluster::kRoles, cluster::kRoleBindings}) {
            watch(access, rbacSelection(kind), std::make_unique<RbacSink>(*this));
        }
    }
    if (settings_.copiesAnnotations) {
        for (const auto& kind : copiedKinds()) {
            watch(access, workloadSelection(kind), std::make_unique<WorkloadSink>(*this, kind));
        }
    }
}

void Term::watch(const elector::kubernetes::Access& access, Selection selection,
                 std::unique_ptr<InformerSink> sink) {
    sinks_.push_back(std::move(sink));
    informers_.push_back(
        std::make_unique<Informer>(access, std::move(selection), *sinks_.back(), clock_, log_));
}

std::optional<std::string> Term::report() {
    std::string outdated;
    for (const auto& informer : informers_) {
        const std::string resource(informer->resource().plural);
        const auto health = informer->health();
        const auto age = clock_.now() - health.heard;
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(age).count();
        counters_.listAge.set({resource}, static_cast<double>(seconds));
        counters_.unreadable.set({resource}, static_cast<double>(health.unreadable));
        counters_.leftOut.set({resource}, static_cast<double>(health.leftOut));
        counters_.passedOver.set({resource}, static_cast<double>(health.passedOver));
        if (age >= kOutdated) {
            outdated += fmt::format("{}{} were last listed or watched {} s ago ({})",
                                    outdated.empty() ? "" : "; ", resource, seconds,
                                    elector::runtime::quoted(health.error));
        }
    }
    return outdated.empty() ? std::nullopt : std::optional(outdated);
}

void Term::podsKnown() {
    podsKnown_ = true;
    podsKnown_.notify_all();
}

void Term::work() {
    // Before all Pods are known, rights would be taken away from those that were not told yet.
    podsKnown_.wait(false);
    queue_.add({TaskKind::Sweep, "", {}});
    while (const auto task = queue_.take(stop_.get_token())) {
        const auto outcome = carryOut(*task);
        const std::string kind = toString(task->kind);
        if (outcome && outcome.value() == Outcome::Settled) {
            queue_.succeeded(*task);
            counters_.reconciles.add({kind, "settled"}, 1);
        } else if (outcome) {
            queue_.retry(*task, std::nullopt);
            counters_.reconciles.add({kind, "again"}, 1);
        } else if (!stop_.stop_requested()) {
            queue_.retry(*task, outcome.error().retryAfter);
            counters_.reconciles.add({kind, "failed"}, 1);
            log_.warn(
                "cannot see to it, trying again",
                {{"what", kind}, {"object", task->key.text()}, {"error", outcome.error().message}});
        }
        counters_.uninjected.set(static_cast<double>(pods_.countMissed()));
        counters_.leases.set(static_cast<double>(pods_.countLeases()));
    }
}

Result<Outcome> Term::carryOut(const Task& task) {
    switch (task.kind) {
        case TaskKind::Pod:
            return seeToPod(task.key);
        case TaskKind::Lease:
            return seeToLease(task.key);
        case TaskKind::Workload: {
            const auto copied = copier_.reconcile(task.plural, task.key);
            return copied ? Result<Outcome>(Outcome::Settled) : copied.error();
        }
        case TaskKind::Sweep:
            return sweep();
    }
    return Outcome::Settled;
}

Result<Outcome> Term::seeToPod(const ObjectKey& key) {
    const auto read = reader_.read(key);
    if (!read) {
        return read.error();
    }
    const std::optional<PodRecord>& pod = read.value();
    if (pod) {
        reader_.announce(*pod);
        if (stateOf(*pod) == PodState::Injected) {
            queue_.add({TaskKind::Lease, "", {key.space, pod->lease()}});
        }
    }
    return Outcome::Settled;
}

Result<Outcome> Term::seeToLease(const ObjectKey& lease) {
    if (settings_.managesRbac) {
        if (const auto given = rights_.reconcile(lease); !given) {
            return given.error();
        }
    }
    return pods_.campaigning(lease).empty() ? Outcome::Settled : label_.reconcile(lease);
}

Result<Outcome> Term::sweep() {
    if (const auto read = reader_.readAll(pods_.unread()); !read) {
        return read.error();
    }
    const auto used = pods_.leases();
    auto labelled = sweep_.run(used);
    if (!labelled) {
        return labelled.error();
    }
    label_.recall(std::move(labelled).value());
    for (const auto& lease : used) {
        if (!label_.has(lease)) {  // it was made anew meanwhile
            queue_.add({TaskKind::Lease, "", lease});
        }
    }
    queue_.addLater({TaskKind::Sweep, "", {}}, settings_.sweepEvery);
    return Outcome::Settled;
}

}  // namespace injector::operators
