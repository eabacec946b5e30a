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
        if (known.uid == pod.uid && known.controller == pod.controller) {
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
    const std::lock_guard guard(mutex_);
    std::vector<PodRecord> found;
    if (const auto campaign = campaigns_.find(lease); campaign != campaigns_.end()) {
        for (const auto& name : campaign->second) {
            found.push_back(pods_.at({lease.space, name}));
        }
    }
    return found;
}

bool PodTable::hasCampaigning(const ObjectKey& lease) const {
    const std::lock_guard guard(mutex_);
    return campaigns_.contains(lease);
}

bool PodTable::hasUnread(const std::string& space) const {
    const std::lock_guard guard(mutex_);
    return unread_.contains(space);
}

PodTable::Served PodTable::servedBy(const std::string& space, const std::string& account) const {
    const std::lock_guard guard(mutex_);
    Served served;
    if (const auto found = accounts_.find({space, account}); found != accounts_.end()) {
        served.count = found->second.size();
        for (const auto& [lease, pods] : found->second | std::views::take(kMaxNamed)) {
            served.leases.insert(lease);
        }
    }
    return served;
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
    if (state == PodState::Injected && pod.facts) {
        campaigns_[{pod.key.space, pod.lease()}].insert(pod.key.name);
        ++accounts_[{pod.key.space, pod.facts->serviceAccount}][pod.lease()];
    } else if (state == PodState::Unread) {
        ++unread_[pod.key.space];
    } else if (state == PodState::Missed) {
        ++missed_;
    }
}

void PodTable::discount(const PodRecord& pod) {
    const PodState state = stateOf(pod);
    if (state == PodState::Injected && pod.facts) {
        const auto campaign = campaigns_.find({pod.key.space, pod.lease()});
        campaign->second.erase(pod.key.name);
        if (campaign->second.empty()) {
            campaigns_.erase(campaign);
        }
        const auto account = accounts_.find({pod.key.space, pod.facts->serviceAccount});
        const auto served = account->second.find(pod.lease());
        if (--served->second == 0) {
            account->second.erase(served);
        }
        if (account->second.empty()) {
            accounts_.erase(account);
        }
    } else if (state == PodState::Unread) {
        const auto unread = unread_.find(pod.key.space);
        if (--unread->second == 0) {
            unread_.erase(unread);
        }
    } else if (state == PodState::Missed) {
        --missed_;
    }
}

}  // namespace injector::operators
