#pragma once

#include <cstdint>

#include "elector/election/instant.h"

namespace elector::election {

// Spreads candidates in time. A small generator of its own (splitmix64), so that one seed makes one
// sequence on every machine; not for secrets.
class Jitter {
  public:
    explicit Jitter(std::uint64_t seed) : state_(seed) {}

    // Uniform in [0, most].
    Duration upTo(Duration most);
    // Uniform in [least, most].
    Duration between(Duration least, Duration most) { return least + upTo(most - least); }

  private:
    std::uint64_t state_;
};

// How long to wait after failures, whatever the server asked for: doubling from an eighth of the
// retry period to `longest`, half of it jitter.
class Backoff {
  public:
    Backoff(Duration retryPeriod, Jitter& jitter) : retryPeriod_(retryPeriod), jitter_(jitter) {}

    Duration nextUpTo(Duration longest);
    void reset() { failures_ = 0; }

  private:
    Duration retryPeriod_;
    Jitter& jitter_;
    int failures_ = 0;
};

}  // namespace elector::election
