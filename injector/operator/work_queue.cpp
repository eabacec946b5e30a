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
        case TaskKind::Crowd:
            return "crowd";
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
    promote();
    if (lined_.contains(task)) {
        return;
    }
    if (const auto found = later_.find(task); found != later_.end()) {
        if (found->second.first <= due) {
            return;
        }
        order_.erase({found->second.first, found->second.second, task});
        later_.erase(found);
    }
    const auto number = added_++;
    later_.emplace(task, std::pair(due, number));
    order_.emplace(due, number, task);
    promote();
    wake_.wake();
}

void WorkQueue::promote() {
    const auto now = clock_.now();
    while (!order_.empty() && std::get<Instant>(*order_.begin()) <= now) {
        const auto task = std::get<Task>(*order_.begin());
        order_.erase(order_.begin());
        later_.erase(task);
        line(task);
    }
}

void WorkQueue::line(const Task& task) {
    lined_.insert(task);
    const auto [found, isNew] = lines_.try_emplace(task.key.space);
    (task.kind == TaskKind::Pod ? found->second.pods : found->second.others).push_back(task);
    if (isNew) {
        turns_.push_back(task.key.space);
    }
}

std::optional<Task> WorkQueue::next() {
    if (turns_.empty()) {
        return std::nullopt;
    }
    auto space = std::move(turns_.front());
    turns_.pop_front();
    const auto found = lines_.find(space);
    auto& [pods, others] = found->second;
    auto& tasks = pods.empty() ? others : pods;
    auto task = std::move(tasks.front());
    tasks.pop_front();
    lined_.erase(task);
    if (pods.empty() && others.empty()) {
        lines_.erase(found);
    } else {
        turns_.push_back(std::move(space));
    }
    return task;
}

void WorkQueue::retry(const Task& task, std::optional<std::chrono::seconds> retryAfter,
                      Duration longest) {
    const std::lock_guard guard(mutex_);
    int& failures = failures_[task];
    Duration step = kFirstRetry * (1 << failures);
    if (step < longest) {
        ++failures;
    } else {
        step = longest;
    }
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
        std::optional<Instant> due;
        {
            const std::lock_guard guard(mutex_);
            promote();
            if (auto task = next()) {
                return task;
            }
            if (!order_.empty()) {
                due = std::get<Instant>(*order_.begin());
            }
        }
        wake_.waitUntil(due);
    }
    return std::nullopt;
}

}  // namespace injector::operators
