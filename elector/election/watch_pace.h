#pragma once

#include <cstdint>

#include "elector/election/api_error.h"
#include "elector/election/backoff.h"
#include "elector/election/instant.h"

namespace elector::election {

// When a watch that ended is opened again: what whoever drives an election asks, and whoever
// follows objects of other kinds. A watch that ends at once, however it ends, costs no more
// requests than one that cannot be opened.
class WatchPace {
  public:
    // Failures in a row are `retryPeriod` apart at last. A server that asks for more time gets
    // `longest` at most: for an election the lease duration.
    WatchPace(Duration retryPeriod, Duration longest, std::uint64_t seed)
        : retryPeriod_(retryPeriod),
          longest_(longest),
          jitter_(seed),
          backoff_(retryPeriod, jitter_) {}
    WatchPace(const WatchPace&) = delete;
    WatchPace& operator=(const WatchPace&) = delete;

    // It is opened now, that is, the list is sent that it begins with.
    void opening(Instant now) { openedAt_ = now; }
    // It ended, or could not be opened. For how long to wait before the next one.
    Duration ended(const ApiError& error, Instant now);

  private:
    const Duration retryPeriod_;
    const Duration longest_;
    Jitter jitter_;
    Backoff backoff_;
    Instant openedAt_;
};

}  // namespace elector::election
