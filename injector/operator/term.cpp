#include "injector/operator/term.h"

#include <fmt/format.h>

#include <map>
#include <system_error>
#include <utility>

#include "elector/names.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
using cluster::Informer;
using cluster::InformerSink;
using cluster::Selection;

// About 10,000 Pods of one namespace.
constexpr std::size_t kMostPodsOfSpace = std::size_t{24} * 1024 * 1024;

Selection podSelection() {
    return {cluster::kPods, cluster::livePods(), names::kPrefix, &concernsUs, kMostPodsOfSpace};
}

Selection rbacSelection(const Resource& resource) {
    return {resource, cluster::markedByUs(), names::kRolePrefix, [](const ObjectMeta& object) {
                return !isProtected(object.key.space) && leaseOf(object.key).has_value();
            }};
}

Selection workloadSelection(const Resource& kind) {
    return {kind, "", names::kPrefix, [kind](const ObjectMeta& workload) {
                return !isProtected(workload.key.space) && isAnnotated(kind, workload);
            }};
}

}  // namespace

class Term::Sink : public InformerSink {
  public:
    Sink(Term& term, const Resource& kind) : term_(term), kind_(kind) {}

    void onPassedOver(const ObjectKey& key) override { term_.add({TaskKind::Crowd, kind_, key}); }

  protected:
    Term& term() { return term_; }
    const Resource& kind() const { return kind_; }

  private:
    Term& term_;
    const Resource kind_;
};

class Term::PodSink final : public Sink {
  public:
    explicit PodSink(Term& term) : Sink(term, cluster::kPods) {}

    void onPresent(ObjectMeta meta, std::string_view /*object*/) override {
        auto record = recordOf(meta);
        const auto before = term().pods_.find(record.key);
        if (term().pods_.put(std::move(record))) {
            lookAt(before);  // another Pod may have its name now
            term().add({TaskKind::Pod, {}, meta.key});
        }
    }
    void onGone(const ObjectKey& key) override {
        lookAt(term().pods_.remove(key));
        term().add({TaskKind::Pod, {}, key});
    }
    void onSynced() override { term().podsKnown(); }

  private:
    void lookAt(const std::optional<PodRecord>& pod) {
        if (pod && !pod->lease().empty()) {
            term().add({TaskKind::Lease, {}, {pod->key.space, pod->lease()}});
        }
    }
};

class Term::RbacSink final : public Sink {
  public:
    using Sink::Sink;

    void onPresent(ObjectMeta meta, std::string_view /*object*/) override { onGone(meta.key); }
    void onGone(const ObjectKey& key) override {
        if (const auto lease = leaseOf(key)) {
            term().add({TaskKind::Lease, {}, *lease});
        }
    }
    void onSynced() override {}
};

class Term::WorkloadSink final : public Sink {
  public:
    using Sink::Sink;

    void onPresent(ObjectMeta meta, std::string_view /*object*/) override {
        if (term().workerOf(meta.key.space).copier().put(kind(), meta)) {
            term().add({TaskKind::Workload, kind(), meta.key});
        }
    }
    void onGone(const ObjectKey& key) override {
        term().workerOf(key.space).copier().remove(kind(), key);
        term().add({TaskKind::Workload, kind(), key});
    }
    void onSynced() override {}
};

Term::Term(const elector::kubernetes::Access& access, TermSettings settings,
           const std::function<bool()>& leads, Counters& counters,
           const elector::runtime::Clock& clock, const elector::runtime::Log& log)
    : settings_(settings), counters_(counters), clock_(clock), log_(log) {
    for (std::size_t number = 0; number < kWorkers; ++number) {
        workers_.push_back(std::make_unique<Worker>(access, settings_, leads, pods_, counters,
                                                    clock, log, stop_.get_token()));
    }
    watch(access);
    try {
        for (auto& worker : workers_) {
            threads_.emplace_back([this, &worker] {
                // Before all Pods are known, rights would be taken away from those that were not
                // told yet.
                podsKnown_.wait(false);
                worker->run([this](const std::set<ObjectKey>& marked) { distribute(marked); });
            });
        }
    } catch (const std::system_error&) {
        endThreads();
        throw;
    }
    add({TaskKind::Sweep, {}, {}});
}

Term::~Term() {
    endThreads();
    counters_.uninjected.set(0);
    counters_.leases.set(0);
    for (const auto& informer : informers_) {
        counters_.listAge.set({std::string(informer->resource().plural)}, 0);
    }
    informers_.clear();
}

void Term::endThreads() {
    stop_.request_stop();
    podsKnown();
    threads_.clear();
}

void Term::watch(const elector::kubernetes::Access& access) {
    watch(access, podSelection(), std::make_unique<PodSink>(*this));
    if (settings_.managesRbac) {
        for (const auto& kind : {cluster::kRoles, cluster::kRoleBindings}) {
            watch(access, rbacSelection(kind), std::make_unique<RbacSink>(*this, kind));
        }
    }
    if (settings_.copiesAnnotations) {
        for (const auto& kind : annotatedKinds()) {
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

// The same one for as long as the term lasts: what it remembers of a namespace is with it.
Worker& Term::workerOf(const std::string& space) {
    return *workers_[std::hash<std::string>()(space) % workers_.size()];
}

void Term::distribute(const std::set<ObjectKey>& marked) {
    std::map<Worker*, std::set<ObjectKey>> parts;
    for (auto& worker : workers_) {
        parts.try_emplace(worker.get());
    }
    for (const auto& lease : marked) {
        parts[&workerOf(lease.space)].insert(lease);
    }
    for (auto& [worker, part] : parts) {
        worker->leases().recall(std::move(part));
    }
    const auto used = pods_.leases();
    for (const auto& lease : marked) {
        if (!isProtected(lease.space)) {
            add({TaskKind::Sweep, {}, lease});
        }
    }
    for (const auto& lease : used) {
        if (!marked.contains(lease)) {  // it was made anew meanwhile
            add({TaskKind::Lease, {}, lease});
        }
    }
}

}  // namespace injector::operators
