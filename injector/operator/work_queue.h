#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <tuple>

#include "elector/election/backoff.h"
#include "elector/runtime/clock.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::operators {

using cluster::ObjectKey;
using cluster::Resource;
using elector::runtime::Duration;
using elector::runtime::Instant;

enum class TaskKind {
    Pod,       // read a Pod, and see what becomes of it
    Lease,     // see to the rights on a Lease, and to its label
    Workload,  // copy a workload's annotations
    Crowd,     // tell that a namespace has too many objects of a kind, of which this is one
    Sweep,     // look for Leases that nobody needs any more
};
const char* toString(TaskKind kind);

// Something to look at: what has to be done about it is found by looking.
struct Task {
    TaskKind kind = TaskKind::Sweep;
    Resource resource;  // of a workload or of a crowd: its kind
    ObjectKey key;

    auto operator<=>(const Task&) const = default;
};

// Tasks, each at most once. Namespaces take turns: each gives one task that is due, in the order in
// which they came, so that nobody waits longer for having neighbours with many. Within a namespace
// Pods come first, as no Lease is judged by half of its Pods; else what was due first.
//
// There are never more tasks than objects of which the informers told, whose records take more
// room.
//
// Threads: any may add; one takes.
class WorkQueue {
  public:
    WorkQueue(const elector::runtime::Clock& clock, std::uint64_t seed);

    // Due at once, though it be waiting for a later time.
    void add(const Task& task);
    // Due after `delay`, unless it is due earlier already.
    void addLater(const Task& task, Duration delay);
    // Due again after a while that doubles each time, from kFirstRetry to `longest`, half of it
    // jitter; never earlier than the server asked for, of which a minute is believed.
    void retry(const Task& task, std::optional<std::chrono::seconds> retryAfter,
               Duration longest = kLastRetry);
    // The task succeeded: the next retry() begins anew.
    void succeeded(const Task& task);

    // Waits for the next task that is due. Nothing once a stop is requested.
    std::optional<Task> take(const std::stop_token& stop);

    static constexpr std::chrono::milliseconds kFirstRetry{500};
    static constexpr std::chrono::seconds kLastRetry{60};
    // For what is under way, so that what it comes to is told within half a minute.
    static constexpr std::chrono::seconds kLastLookSoon{5};
    // For what may never come, and is told by nobody.
    static constexpr std::chrono::minutes kLastLook{10};

  private:
    // The tasks of one namespace that are due.
    struct Line {
        std::deque<Task> pods;
        std::deque<Task> others;
    };

    void addAt(const Task& task, Instant due);
    // Puts what has become due into its line.
    void promote();
    void line(const Task& task);
    std::optional<Task> next();

    const elector::runtime::Clock& clock_;
    elector::runtime::Wake wake_;
    std::mutex mutex_;
    elector::election::Jitter jitter_;
    std::map<std::string, Line> lines_;
    std::deque<std::string> turns_;  // the namespaces that have a line, whose turn is next first
    std::set<Task> lined_;
    std::map<Task, std::pair<Instant, std::uint64_t>> later_;
    std::set<std::tuple<Instant, std::uint64_t, Task>> order_;  // the same, by time
    std::uint64_t added_ = 0;
    std::map<Task, int> failures_;
};

}  // namespace injector::operators
