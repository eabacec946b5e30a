#include "injector/operator/work_queue.h"

#include <algorithm>

namespace injector::operators {

const char* toString(TaskKind kind) {
    switch (kind) {
        case TaskKind::Pod:
            return "pod";
        case TaskKind::Lease:
            return "lease";
        case TaskKind::Workload:
            return "workload";
        case TaskKind::Sweep:
            return "sweep";
    }
    return "";
}

WorkQueue::WorkQueue(const elector::runtime::Clock& clock, std::uint64_t seed)
    : clock_(clock), jitter_(seed) {}

void WorkQueue::add(const Task& task) {
    addLater(task, Duration(0));
}

void WorkQueue::addLater(const Task& task, Duration delay) {
    const std::lock_guard guard(mutex_);
    addAt(task, clock_.now() + delay);
}

void WorkQueue::addAt(const Task& task, Instant due) {
    const auto found = due_.find(task);
    if (found != due_.end()) {
        if (found->second.first <= due) {
            return;
        }
        order_.erase({found->second.first, found->second.second, task});
        due_.erase(found);
    }
    const auto number = added_++;
    due_.emplace(task, std::pair(due, number));
    order_.emplace(due, number, task);
    wake_.wake();
}

void WorkQueue::retry(const Task& task, std::optional<std::chrono::seconds> retryAfter) {
    // Beyond it the longest wait is reached.
    constexpr int kMaxDoublings = 7;
    const std::lock_guard guard(mutex_);
    int& failures = failures_[task];
    const Duration step = std::min<Duration>(kFirstRetry * (1 << failures), kLastRetry);
    failures = std::min(failures + 1, kMaxDoublings);
    Duration wait = jitter_.between(step / 2, step);
    if (retryAfter) {
        wait = std::max<Duration>(wait, std::min(*retryAfter, kLastRetry));
    }
    addAt(task, clock_.now() + wait);
}

void WorkQueue::succeeded(const Task& task) {
    const std::lock_guard guard(mutex_);
    failures_.erase(task);
}

std::optional<Task> WorkQueue::take(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_.wake(); });
    while (!stop.stop_requested()) {
        std::optional<Instant> next;
        {
            const std::lock_guard guard(mutex_);
            if (!order_.empty()) {
                next = std::get<Instant>(*order_.begin());
                if (*next <= clock_.now()) {
                    auto task = std::get<Task>(*order_.begin());
                    order_.erase(order_.begin());
                    due_.erase(task);
                    return task;
                }
            }
        }
        wake_.waitUntil(next);
    }
    return std::nullopt;
}

}  // namespace injector::operators
