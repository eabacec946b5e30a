#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"

namespace elector::store {

// Another store, of which it refuses writes (Forbidden) over a Lease that no elector of ours wrote,
// until that has been seen as it is for its duration, and for kQuiet: for electors that campaign
// for a Lease that nobody chose for them, and that a program of its own may elect by. An election
// among electors of ours is not touched.
//
// Threads: as the other store's.
class YieldingStore final : public LeaseStore {
  public:
    // `clock` must outlive the store.
    YieldingStore(std::unique_ptr<LeaseStore> store, const runtime::Clock& clock)
        : store_(std::move(store)), clock_(clock) {}

    Result<std::optional<Lease>> get(const LeaseKey& key, const CallLimits& limits) override;
    Result<Written> create(const LeaseKey& key, const LeaseRecord& record,
                           const CallLimits& limits) override;
    Result<Written> update(const LeaseKey& key, const Lease& base, const LeaseRecord& record,
                           const CallLimits& limits) override;
    ApiError watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                   std::stop_token stop) override;

    // More than it takes to start a leader anew.
    static constexpr std::chrono::seconds kQuiet{60};

  private:
    // Of others; "" for one that is missing.
    struct Sighting {
        std::string fingerprint;
        Instant since;
    };
    // Why a Lease that looks so is not written; nothing where it may be.
    std::optional<ApiError> refusal(const LeaseKey& key, const std::string& fingerprint,
                                    std::chrono::seconds duration);

    std::unique_ptr<LeaseStore> store_;
    const runtime::Clock& clock_;
    std::optional<Sighting> foreign_;  // of the thread that gets and writes
};

}  // namespace elector::store
