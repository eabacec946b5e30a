#include "injector/operator/pod_table.h"

#include <ranges>
#include <utility>

namespace injector::operators {

bool PodTable::put(PodRecord pod) {
    const std::lock_guard guard(mutex_);
    const auto [found, isNew] = pods_.try_emplace(pod.key);
    auto& known = found->second;
    if (!isNew) {
        if (known.isLike(pod)) {
            return false;
        }
        discount(known);
        if (known.uid == pod.uid) {
            pod.facts = std::move(known.facts);
        }
    }
    known = std::move(pod);
    count(known);
    return true;
}

std::optional<PodRecord> PodTable::remove(const ObjectKey& key) {
    const std::lock_guard guard(mutex_);
    auto node = pods_.extract(key);
    if (node.empty()) {
        return std::nullopt;
    }
    discount(node.mapped());
    return std::move(node.mapped());
}

void PodTable::setFacts(const ObjectKey& key, const std::string& uid, const PodFacts& facts) {
    const std::lock_guard guard(mutex_);
    const auto found = pods_.find(key);
    if (found != pods_.end() && found->second.uid == uid) {
        discount(found->second);
        found->second.facts = facts;
        count(found->second);
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
    const auto leases = campaigns_ | std::views::keys;
    return {leases.begin(), leases.end()};
}

std::size_t PodTable::countLeases() const {
    const std::lock_guard guard(mutex_);
    return campaigns_.size();
}

std::size_t PodTable::countMissed() const {
    const std::lock_guard guard(mutex_);
    return missed_;
}

void PodTable::count(const PodRecord& pod) {
    const PodState state = stateOf(pod);
    if (state == PodState::Injected) {
        ++campaigns_[{pod.key.space, pod.lease()}];
    } else if (state == PodState::Missed) {
        ++missed_;
    }
}

void PodTable::discount(const PodRecord& pod) {
    const PodState state = stateOf(pod);
    if (state == PodState::Injected) {
        const auto campaign = campaigns_.find({pod.key.space, pod.lease()});
        if (--campaign->second == 0) {
            campaigns_.erase(campaign);
        }
    } else if (state == PodState::Missed) {
        --missed_;
    }
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
