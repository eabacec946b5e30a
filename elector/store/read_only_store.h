#pragma once

#include <memory>
#include <string>

#include "elector/store/lease_store.h"

namespace elector::store {

// Another store, of which it passes on reads and watches, and refuses every write as an API server
// refuses what a Role does not allow (Forbidden): an elector on it follows the election and can
// never lead.
//
// Threads: as the other store's.
class ReadOnlyStore final : public LeaseStore {
  public:
    // `reason` is the sentence that writes are answered.
    ReadOnlyStore(std::unique_ptr<LeaseStore> store, std::string reason)
        : store_(std::move(store)), reason_(std::move(reason)) {}

    Result<std::optional<Lease>> get(const LeaseKey& key, const CallLimits& limits) override {
        return store_->get(key, limits);
    }
    Result<Written> create(const LeaseKey& /*key*/, const LeaseRecord& /*record*/,
                           const CallLimits& /*limits*/) override {
        return refusal();
    }
    Result<Written> update(const LeaseKey& /*key*/, const Lease& /*base*/,
                           const LeaseRecord& /*record*/, const CallLimits& /*limits*/) override {
        return refusal();
    }
    ApiError watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                   std::stop_token stop) override {
        return store_->watch(key, sink, setUp, std::move(stop));
    }

  private:
    ApiError refusal() const { return {election::ErrorKind::Forbidden, 0, std::nullopt, reason_}; }

    std::unique_ptr<LeaseStore> store_;
    std::string reason_;
};

}  // namespace elector::store
