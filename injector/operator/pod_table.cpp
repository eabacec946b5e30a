#include "injector/operator/pod_table.h"

#include <algorithm>
#include <utility>

namespace injector::operators {

bool PodTable::put(PodRecord pod) {
    const std::lock_guard guard(mutex_);
    auto& known = pods_[pod.key];
    if (known.isLike(pod)) {
        return false;
    }
    if (known.uid == pod.uid) {
        pod.facts = std::move(known.facts);
    }
    known = std::move(pod);
    return true;
}

std::optional<PodRecord> PodTable::remove(const ObjectKey& key) {
    const std::lock_guard guard(mutex_);
    auto node = pods_.extract(key);
    if (node.empty()) {
        return std::nullopt;
    }
    return std::move(node.mapped());
}

void PodTable::setFacts(const ObjectKey& key, const std::string& uid, const PodFacts& facts) {
    const std::lock_guard guard(mutex_);
    const auto found = pods_.find(key);
    if (found != pods_.end() && found->second.uid == uid) {
        found->second.facts = facts;
    }
}

std::optional<PodRecord> PodTable::find(const ObjectKey& key) const {
    const std::lock_guard guard(mutex_);
    const auto found = pods_.find(key);
    return found == pods_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<PodRecord> PodTable::campaigning(const ObjectKey& lease) const {
    return select(lease.space, [&](const PodRecord& pod) {
        return stateOf(pod) == PodState::Injected && pod.lease() == lease.name;
    });
}

std::vector<PodRecord> PodTable::unread(const std::string& space) const {
    return select(space, [](const PodRecord& pod) { return stateOf(pod) == PodState::Unread; });
}

std::vector<PodRecord> PodTable::unread() const {
    const std::lock_guard guard(mutex_);
    std::vector<PodRecord> found;
    for (const auto& [key, pod] : pods_) {
        if (stateOf(pod) == PodState::Unread) {
            found.push_back(pod);
        }
    }
    return found;
}

std::vector<PodRecord> PodTable::ofAccount(const std::string& space,
                                           const std::string& account) const {
    return select(space, [&](const PodRecord& pod) {
        return stateOf(pod) == PodState::Injected && pod.facts->serviceAccount == account;
    });
}

std::set<ObjectKey> PodTable::leases() const {
    const std::lock_guard guard(mutex_);
    std::set<ObjectKey> found;
    for (const auto& [key, pod] : pods_) {
        if (stateOf(pod) == PodState::Injected) {
            found.insert({key.space, pod.lease()});
        }
    }
    return found;
}

std::size_t PodTable::countMissed() const {
    const std::lock_guard guard(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        pods_, [](const auto& entry) { return stateOf(entry.second) == PodState::Missed; }));
}

// The Pods of a namespace stand together, its name being the first part of their keys.
std::vector<PodRecord> PodTable::select(
    const std::string& space, const std::function<bool(const PodRecord&)>& matches) const {
    const std::lock_guard guard(mutex_);
    std::vector<PodRecord> found;
    for (auto entry = pods_.lower_bound({space, ""});
         entry != pods_.end() && entry->first.space == space; ++entry) {
        if (matches(entry->second)) {
            found.push_back(entry->second);
        }
    }
    return found;
}

}  // namespace injector::operators
