#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/cluster/informer.h"
#include "injector/operator/pod_table.h"
#include "injector/operator/worker.h"

namespace injector::operators {

// The operator's work for as long as it leads: watches Pods, workloads, Roles and RoleBindings, and
// sees to rights, labels, annotations and Events. Begins from nothing, and leaves nothing behind in
// memory, so that a term never goes by what an earlier one knew.
//
// Each namespace belongs to one of several workers, by its name.
//
// Threads: one for each kind that is watched, and one for each worker, from construction to
// destruction, which ends all of them within moments: a request under way is abandoned.
class Term {
  public:
    // All references outlive it. `leads` is asked before each write, by the workers' threads.
    // Throws std::system_error where no thread can be started.
    Term(const elector::kubernetes::Access& access, TermSettings settings,
         const std::function<bool()>& leads, Counters& counters,
         const elector::runtime::Clock& clock, const elector::runtime::Log& log);
    ~Term();
    Term(const Term&) = delete;
    Term& operator=(const Term&) = delete;

    // Shows in metrics how what is watched fares. Returns which of it is not known for longer than
    // kOutdated, and why, in a line; nothing where all is.
    std::optional<std::string> report();

    // A watch is silent for Api::kSilence at most, and then listed anew.
    static constexpr std::chrono::minutes kOutdated{5};

  private:
    class Sink;
    class PodSink;
    class RbacSink;
    class WorkloadSink;

    void watch(const elector::kubernetes::Access& access);
    void watch(const elector::kubernetes::Access& access, cluster::Selection selection,
               std::unique_ptr<cluster::InformerSink> sink);
    void podsKnown();
    void endThreads();

    Worker& workerOf(const std::string& space);
    void add(const Task& task) { workerOf(task.key.space).add(task); }
    // What a sweep found: to those whom it concerns.
    void distribute(const std::set<ObjectKey>& marked);

    static constexpr std::size_t kWorkers = 4;

    const TermSettings settings_;
    Counters& counters_;
    const elector::runtime::Clock& clock_;
    const elector::runtime::Log& log_;
    std::stop_source stop_;

    // Shared by all threads.
    PodTable pods_;
    std::vector<std::unique_ptr<Worker>> workers_;
    std::atomic<bool> podsKnown_{false};

    std::vector<std::unique_ptr<cluster::InformerSink>> sinks_;
    // Last, so that they end before what they use.
    std::vector<std::unique_ptr<cluster::Informer>> informers_;
    std::vector<std::jthread> threads_;
};

}  // namespace injector::operators
