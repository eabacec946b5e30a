#pragma once

#include <functional>
#include <stop_token>

#include "elector/http/metrics.h"
#include "elector/kubernetes/access.h"
#include "injector/operator/announcer.h"
#include "injector/operator/lease_rights.h"
#include "injector/operator/lease_sweep.h"
#include "injector/operator/leases.h"
#include "injector/operator/owners.h"
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

// Sees to the objects of some namespaces, one after another, with a connection and a memory of its
// own. Whatever belongs together stands in one namespace, so that nothing of it is ever in the
// hands of two.
//
// Threads: run() is of one; add(), copier() and leases() are for any.
class Worker {
  public:
    // All references outlive it. `leads` is asked before each write, on the thread of run(). `stop`
    // ends run() within moments: a request under way is abandoned.
    Worker(const elector::kubernetes::Access& access, const TermSettings& settings,
           std::function<bool()> leads, PodTable& pods, Counters& counters,
           const elector::runtime::Clock& clock, const elector::runtime::Log& log,
           std::stop_token stop);

    void add(const Task& task) { queue_.add(task); }
    TemplateCopier& copier() { return copier_; }
    Leases& leases() { return leases_; }

    // What this worker does with the task to sweep that names no Lease. `marked`: all Leases that
    // have the label.
    using Distribute = std::function<void(std::set<ObjectKey> marked)>;
    // Takes tasks until the stop.
    void run(const Distribute& distribute);

  private:
    Result<Outcome> carryOut(const Task& task, const Distribute& distribute);
    Result<Outcome> seeToPod(const ObjectKey& key);
    Result<Outcome> seeToLease(const ObjectKey& lease);
    Result<Outcome> tellOfCrowd(const Task& task);
    Result<Outcome> sweep(const ObjectKey& lease, const Distribute& distribute);

    const TermSettings& settings_;
    PodTable& pods_;
    Counters& counters_;
    const elector::runtime::Log& log_;
    const std::stop_token stop_;
    WorkQueue queue_;

    cluster::Api calls_;
    LeadingApi api_;
    Announcer announcer_;
    Tools tools_;
    Owners owners_;
    PodReader reader_;
    Leases leases_;
    LeaseRights rights_;
    LeaseSweep sweep_;
    TemplateCopier copier_;
};

}  // namespace injector::operators
