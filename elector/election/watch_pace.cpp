#include "elector/election/watch_pace.h"

#include <algorithm>
#include <chrono>

namespace elector::election {

Duration WatchPace::ended(const ApiError& error, Instant now) {
    if (error.kind == ErrorKind::Forbidden) {
        // The Lease is polled meanwhile; a Role may be mended, or an API server was just starting.
        constexpr std::chrono::seconds kLongest{15};
        const Duration denied = std::min<Duration>(kLongest, timing_.leaseDuration);
        return jitter_.between(denied / 2, denied);
    }
    // A list that was answered says nothing: the watch after it may break each time.
    if (now - openedAt_ >= timing_.retryPeriod) {
        backoff_.reset();
    }
    const Duration wait = backoff_.nextUpTo(timing_.retryPeriod);
    if (!error.retryAfter) {
        return wait;
    }
    // A candidate that hears nothing for longer than a lease lasts would be the last to take over.
    return std::max<Duration>(wait, std::min<Duration>(*error.retryAfter, timing_.leaseDuration));
}

}  // namespace elector::election
