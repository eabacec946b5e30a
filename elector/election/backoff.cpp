#include "elector/election/backoff.h"

#include <algorithm>

namespace elector::election {

Duration Jitter::upTo(Duration most) {
    state_ += 0x9E3779B97F4A7C15U;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    z ^= z >> 31U;
    if (most.count() <= 0) {
        return Duration(0);
    }
    return Duration(static_cast<Duration::rep>(z % (static_cast<std::uint64_t>(most.count()) + 1)));
}

Duration Backoff::nextUpTo(Duration longest) {
    Duration step = std::min(retryPeriod_ / 8, longest);
    for (int i = 0; i < failures_ && step < longest; ++i) {
        step = std::min(step * 2, longest);
    }
    ++failures_;
    return jitter_.between(step / 2, step);
}

}  // namespace elector::election
