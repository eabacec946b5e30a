#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <utility>
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
    bool hasCampaigning(const ObjectKey& lease) const;
    // Whether some were not read yet, and may campaign for whatever Lease of the namespace.
    bool hasUnread(const std::string& space) const;
    // The Leases that Pods with this ServiceAccount campaign for: the first kMaxNamed of them.
    struct Served {
        std::set<std::string> leases;
        std::size_t count = 0;  // of all
    };
    Served servedBy(const std::string& space, const std::string& account) const;
    static constexpr std::size_t kMaxNamed = 8;
    // All Leases that Pods campaign for.
    std::set<ObjectKey> leases() const;
    std::size_t countLeases() const;
    std::size_t countMissed() const;

  private:
    // Counts a Pod of the table, or no longer.
    void count(const PodRecord& pod);
    void discount(const PodRecord& pod);

    mutable std::mutex mutex_;
    std::map<ObjectKey, PodRecord> pods_;
    // Counted as they come and go: whatever is asked for takes a time that does not depend on how
    // many other Pods there are. By looking at all Pods after each task, a start with 10,000 Pods
    // took 35 s of CPU time.
    std::map<ObjectKey, std::set<std::string>> campaigns_;  // Leases, and the names of their Pods
    // By namespace and ServiceAccount: Leases, and how many of its Pods campaign for each.
    std::map<std::pair<std::string, std::string>, std::map<std::string, std::size_t>> accounts_;
    std::map<std::string, std::size_t> unread_;  // by namespace
    std::size_t missed_ = 0;
};

}  // namespace injector::operators
