#pragma once

#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"
#include "tests/support/lease_table.h"

namespace elector::test {

enum class StoreCall { Get, Create, Update, Watch };

// What goes wrong with one call of a MemoryStore.
struct StoreFault {
    // Answered in place of what the store would have answered.
    std::optional<election::ApiError> error;
    // The call takes effect all the same: its answer is what gets lost.
    bool applied = false;
    // No answer until releaseHung(), the deadline or a stop: then TimedOut. With `applied`, the
    // write lands first.
    bool hangs = false;
};

// A LeaseStore in memory, with the rules of the real API server (LeaseTable). Several stores on
// one table are several clients of one server.
//
// Threads: any, at any time; the hook is called by the thread that makes the call.
class MemoryStore final : public store::LeaseStore {
  public:
    // `clock` outlives the store. Without a table of others, the store has one of its own.
    explicit MemoryStore(const runtime::Clock& clock,
                         std::shared_ptr<LeaseTable> table = std::make_shared<LeaseTable>());

    store::Result<std::optional<store::Lease>> get(const store::LeaseKey& key,
                                                   const store::CallLimits& limits) override;
    store::Result<store::Written> create(const store::LeaseKey& key,
                                         const store::LeaseRecord& record,
                                         const store::CallLimits& limits) override;
    store::Result<store::Written> update(const store::LeaseKey& key, const store::Lease& base,
                                         const store::LeaseRecord& record,
                                         const store::CallLimits& limits) override;
    store::ApiError watch(const store::LeaseKey& key, store::WatchSink& sink,
                          election::Duration setUp, std::stop_token stop) override;

    // For edits by hand.
    LeaseTable& table() { return *table_; }

    // Asked before every call; without a hook nothing goes wrong.
    void onCall(std::function<StoreFault(StoreCall)> hook);

    // Lets the calls that hang end now.
    void releaseHung();

    // Holds back what the watches would tell, or lets it through again.
    void holdEvents(bool held);

    // Ends every watch that is open now, as a server may at any time.
    void endWatches();

    // How often a call was made, failed ones included.
    int calls(StoreCall call) const;

  private:
    StoreFault begin(StoreCall call);
    // What the fault makes of a call's answer: the error that replaces it, or nothing.
    std::optional<store::ApiError> spoilt(const StoreFault& fault, const store::LeaseKey& key,
                                          const store::CallLimits& limits);
    store::Result<store::Written> put(StoreCall call, const store::LeaseKey& key,
                                      const std::string& body, const store::CallLimits& limits);
    store::ApiError follow(const store::LeaseKey& key, store::WatchSink& sink, std::int64_t from,
                           const std::stop_token& stop);

    const runtime::Clock& clock_;
    std::shared_ptr<LeaseTable> table_;
    mutable std::mutex mutex_;
    std::function<StoreFault(StoreCall)> hook_;
    std::array<int, 4> calls_{};
    int released_ = 0;
    int ended_ = 0;
    bool held_ = false;
};

}  // namespace elector::test
