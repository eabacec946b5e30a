#pragma once

#include <cstdint>
#include <string>

#include "tests/simulation/coverage.h"

namespace elector::simulation {

// What was seen in one run, or in many.
struct Tally {
    std::uint64_t schedules = 0;
    std::uint64_t events = 0;
    std::uint64_t terms = 0;
    // Terms by what the Lease was before.
    std::uint64_t byExpiry = 0;       // another's, not renewed
    std::uint64_t byRelease = 0;      // released
    std::uint64_t byVacancy = 0;      // made again, or emptied
    std::uint64_t byRestart = 0;      // our dead predecessor's
    std::uint64_t again = 0;          // our own
    std::uint64_t degradedTerms = 0;  // begun with an unhealthy program
    std::uint64_t asks = 0;           // that landed, of healthy candidates for the Lease
    std::uint64_t handOvers = 0;      // releases that landed and prefer somebody
    std::uint64_t toPreferred = 0;    // what the preferred one took of them, and what others did
    std::uint64_t pastPreferred = 0;
    // Two at once, as rule 8 and the assumptions of the design allow it after a deletion.
    std::uint64_t freshExceptions = 0;
    std::uint64_t raisedExceptions = 0;
    // The same after the Lease was written past the rules: a forged record, a restored backup.
    std::uint64_t disorderExceptions = 0;
    std::uint64_t foreignTerms = 0;  // of electors of another make, and none of the above
    std::uint64_t termsForLife = 0;  // of holders for life, likewise
    // Take-overs while all is well, and how long nobody led: the longest, beyond the lease duration
    // after a crash.
    std::uint64_t calmCrashes = 0;
    std::uint64_t calmReleases = 0;
    std::int64_t worstAfterLeaseNanos = 0;
    std::int64_t worstAfterReleaseNanos = 0;
    std::int64_t worstPastPreferredNanos = 0;  // after a release that prefers one who is gone
    std::int64_t worstRecoveryNanos = 0;       // after the last fault
    Coverage coverage;

    void add(const Tally& other);
    std::uint64_t takeOvers() const { return byExpiry + byRelease + byVacancy + byRestart; }
    std::string text() const;
};

}  // namespace elector::simulation
