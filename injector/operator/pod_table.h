#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "injector/operator/pod.h"

namespace injector::operators {

// The live Pods that concern the injector, as far as they are known.
//
// Threads: any.
class PodTable {
  public:
    // True where something about it is new. What was read of its spec is kept.
    bool put(PodRecord pod);
    // What was known of it.
    std::optional<PodRecord> remove(const ObjectKey& key);
    // Notes what was read, unless another Pod has the name by now.
    void setFacts(const ObjectKey& key, const std::string& uid, const PodFacts& facts);

    std::optional<PodRecord> find(const ObjectKey& key) const;
    // Those that campaign for the Lease.
    std::vector<PodRecord> campaigning(const ObjectKey& lease) const;
    // Those that were not read yet, and may campaign for whatever Lease: of a namespace, or all.
    std::vector<PodRecord> unread(const std::string& space) const;
    std::vector<PodRecord> unread() const;
    // Those that campaign for any Lease by this ServiceAccount.
    std::vector<PodRecord> ofAccount(const std::string& space, const std::string& account) const;
    // All Leases that Pods campaign for.
    std::set<ObjectKey> leases() const;
    std::size_t countLeases() const;
    std::size_t countMissed() const;

  private:
    // Counts a Pod of the table, or no longer.
    void count(const PodRecord& pod);
    void discount(const PodRecord& pod);
    std::vector<PodRecord> select(const std::string& space,
                                  const std::function<bool(const PodRecord&)>& matches) const;

    mutable std::mutex mutex_;
    std::map<ObjectKey, PodRecord> pods_;
    // Counted as they come and go. By looking at all Pods whenever they are asked for, which is
    // after each task, a start with 10,000 Pods took 35 s of CPU time.
    std::map<ObjectKey, std::size_t> campaigns_;  // Leases, and how many campaign
    std::size_t missed_ = 0;
};

}  // namespace injector::operators
