#pragma once

#include <cstdint>
#include <vector>

#include "elector/election/instant.h"

namespace elector::simulation {

using election::Duration;

// All chance of a run. A generator of its own (splitmix64) and no standard distribution, whose
// results differ between libraries: one seed is one run everywhere.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9E3779B97F4A7C15U;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
        z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
        return z ^ (z >> 31U);
    }

    // Uniform, both ends included. REQUIRES: least <= most.
    std::int64_t between(std::int64_t least, std::int64_t most) {
        const auto span = static_cast<std::uint64_t>(most - least) + 1;
        return least + static_cast<std::int64_t>(next() % span);
    }
    Duration between(Duration least, Duration most) {
        return Duration(between(least.count(), most.count()));
    }
    bool chance(int permille) { return between(1, 1000) <= permille; }

    // REQUIRES: choices is not empty.
    template <typename T>
    const T& pick(const std::vector<T>& choices) {
        return choices[next() % choices.size()];
    }

  private:
    std::uint64_t state_;
};

}  // namespace elector::simulation
