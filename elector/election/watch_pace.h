#pragma once

#include <cstdint>

#include "elector/election/api_error.h"
#include "elector/election/backoff.h"
#include "elector/election/instant.h"
#include "elector/election/timing.h"

namespace elector::election {

// When a watch that ended is opened again: what whoever drives an election asks. A watch that ends
// at once, however it ends, costs no more requests than one that cannot be opened.
class WatchPace {
  public:
    WatchPace(const Timing& timing, std::uint64_t seed)
        : timing_(timing), jitter_(seed), backoff_(timing.retryPeriod, jitter_) {}
    WatchPace(const WatchPace&) = delete;
    WatchPace& operator=(const WatchPace&) = delete;

    // It is opened now, that is, the list is sent that it begins with.
    void opening(Instant now) { openedAt_ = now; }
    // It ended, or could not be opened. For how long to wait before the next one.
    Duration ended(const ApiError& error, Instant now);

  private:
    const Timing timing_;
    Jitter jitter_;
    Backoff backoff_;
    Instant openedAt_;
};

}  // namespace elector::election
