#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elector/store/lease_store.h"

namespace elector::test {

// Writes down what a watch tells, and lets a test wait for it.
class RecordingSink final : public store::WatchSink {
  public:
    struct Entry {
        enum class Kind { Listed, Changed, Deleted };
        Kind kind;
        std::optional<election::Lease> lease;
        election::Instant sentAt;  // of a list
    };
    using Kind = Entry::Kind;

    void onListed(std::optional<election::Lease> lease, election::Instant sentAt) override {
        add({Kind::Listed, std::move(lease), sentAt});
    }
    void onChanged(election::Lease lease) override { add({Kind::Changed, std::move(lease), {}}); }
    void onDeleted() override { add({Kind::Deleted, std::nullopt, {}}); }

    std::vector<Entry> entries() const {
        const std::scoped_lock lock(mutex_);
        return entries_;
    }

    // Until `done` holds of what was told; false if that takes unreasonably long.
    bool waitUntil(const std::function<bool(const std::vector<Entry>&)>& done) const {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return done(entries_); });
    }
    bool waitForCount(Kind kind, int count) const {
        return waitUntil([&](const std::vector<Entry>& entries) {
            return std::count_if(entries.begin(), entries.end(),
                                 [&](const Entry& entry) { return entry.kind == kind; }) >= count;
        });
    }
    // Until a list or a change tells of this revision.
    bool waitForRevision(const election::Revision& revision) const {
        return waitUntil([&](const std::vector<Entry>& entries) {
            return std::any_of(entries.begin(), entries.end(), [&](const Entry& entry) {
                return entry.lease && entry.lease->revision == revision;
            });
        });
    }

  private:
    void add(Entry entry) {
        {
            const std::scoped_lock lock(mutex_);
            entries_.push_back(std::move(entry));
        }
        changed_.notify_all();
    }

    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<Entry> entries_;
};

}  // namespace elector::test
