#include "elector/election/watch_pace.h"

#include <algorithm>
#include <chrono>

namespace elector::election {

Duration WatchPace::ended(const ApiError& error, Instant now) {
    if (error.kind == ErrorKind::Forbidden) {
        // The Lease is polled meanwhile; a Role may be mended, or an API server was just starting.
        constexpr std::chrono::seconds kLongest{15};
        const Duration denied = std::min<Duration>(kLongest, longest_);
        return jitter_.between(denied / 2, denied);
    }
    // A list that was answered says nothing: the watch after it may break each time.
    if (now - openedAt_ >= retryPeriod_) {
        backoff_.reset();
    }
    const Duration wait = backoff_.nextUpTo(retryPeriod_);
    if (!error.retryAfter) {
        return wait;
    }
    // A candidate that hears nothing for longer than a lease lasts would be the last to take over.
    return std::max<Duration>(wait, std::min<Duration>(*error.retryAfter, longest_));
}

}  // namespace elector::election
