#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include "elector/http/metrics.h"
#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/cluster/informer.h"
#include "injector/operator/announcer.h"
#include "injector/operator/lease_label.h"
#include "injector/operator/lease_rights.h"
#include "injector/operator/lease_sweep.h"
#include "injector/operator/pod_reader.h"
#include "injector/operator/pod_table.h"
#include "injector/operator/template_copier.h"
#include "injector/operator/work_queue.h"

namespace injector::operators {

// What the operator counts. Made once for the process.
struct Counters {
    explicit Counters(elector::http::Metrics& metrics);

    elector::http::MetricFamily& reconciles;  // by kind and outcome
    elector::http::MetricFamily& events;      // by reason
    elector::http::MetricFamily& uninjected;
    elector::http::MetricFamily& leases;
    // Of what is watched, by resource.
    elector::http::MetricFamily& listAge;
    elector::http::MetricFamily& unreadable;
    elector::http::MetricFamily& leftOut;
    elector::http::MetricFamily& passedOver;
};

struct TermSettings {
    bool copiesAnnotations = true;
    bool managesRbac = true;
    // How often Leases are looked through, and for how long expired ones are kept: Pods may come
    // back.
    Duration sweepEvery = std::chrono::minutes(10);
    Duration keepExpired = std::chrono::hours(1);
};

// The operator's work for as long as it leads: watches Pods, workloads, Roles and RoleBindings, and
// sees to rights, labels, annotations and Events. Begins from nothing, and leaves nothing behind in
// memory, so that a term never goes by what an earlier one knew.
//
// Threads: one for each kind that is watched, and one that works, from construction to destruction,
// which ends all of them within moments: a request under way is abandoned.
class Term {
  public:
    // All references outlive it. `leads` is asked before each write, by the working thread. Throws
    // std::system_error where no thread can be started.
    Term(const elector::kubernetes::Access& access, TermSettings settings,
         std::function<bool()> leads, Counters& counters, const elector::runtime::Clock& clock,
         const elector::runtime::Log& log);
    ~Term();
    Term(const Term&) = delete;
    Term& operator=(const Term&) = delete;

    // Shows in metrics how what is watched fares. Returns which of it is not known for longer than
    // kOutdated, and why, in a line; nothing where all is.
    std::optional<std::string> report();

    // A watch is silent for Api::kSilence at most, and then listed anew.
    static constexpr std::chrono::minutes kOutdated{5};

  private:
    class PodSink;
    class RbacSink;
    class WorkloadSink;

    void watch(const elector::kubernetes::Access& access);
    void watch(const elector::kubernetes::Access& access, cluster::Selection selection,
               std::unique_ptr<cluster::InformerSink> sink);
    void podsKnown();

    void work();
    Result<Outcome> carryOut(const Task& task);
    Result<Outcome> seeToPod(const ObjectKey& key);
    Result<Outcome> seeToLease(const ObjectKey& lease);
    Result<Outcome> sweep();

    const TermSettings settings_;
    Counters& counters_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    std::stop_source stop_;

    // Shared by all threads.
    PodTable pods_;
    WorkQueue queue_;
    std::atomic<bool> podsKnown_{false};

    // Of the working thread (but for the copier's put() and remove()).
    cluster::Api calls_;
    LeadingApi api_;
    Announcer announcer_;
    Tools tools_;
    Owners owners_;
    PodReader reader_;
    LeaseRights rights_;
    LeaseLabel label_;
    LeaseSweep sweep_;
    TemplateCopier copier_;

    std::vector<std::unique_ptr<cluster::InformerSink>> sinks_;
    // Last, so that they end before what they use.
    std::vector<std::unique_ptr<cluster::Informer>> informers_;
    std::jthread worker_;
};

}  // namespace injector::operators
