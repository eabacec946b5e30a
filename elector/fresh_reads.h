#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"

namespace elector {

// Reads of the Lease that begin after somebody asked for one: never from a cache, and apart from
// the election, whose requests do not wait for them. Whoever asks before a read is sent shares it;
// whoever asks while one is under way gets the next. At most ten are sent in a second, and each
// takes a second at most: an asker waits two at most, and a tenth.
//
// Threads: ask() may be called by any. Answers come from a thread of its own, which starts with the
// first question. The destructor ends a read that is under way; whoever waits then gets no answer.
class FreshReads {
  public:
    using Reading = store::Result<std::optional<store::Lease>>;
    // Must not wait.
    using Reader = std::function<void(const Reading&)>;

    // `clock` outlives this.
    FreshReads(std::unique_ptr<store::LeaseStore> store, election::LeaseKey key,
               const runtime::Clock& clock)
        : store_(std::move(store)), key_(std::move(key)), clock_(clock) {}

    void ask(Reader reader);

  private:
    void read(const std::stop_token& stop);

    const std::unique_ptr<store::LeaseStore> store_;
    const election::LeaseKey key_;
    const runtime::Clock& clock_;

    std::mutex mutex_;
    std::condition_variable_any asked_;
    std::vector<Reader> readers_;
    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace elector
