#include "tests/simulation/tally.h"

#include <fmt/format.h>

#include <algorithm>

namespace elector::simulation {

void Tally::add(const Tally& other) {
    schedules += other.schedules;
    events += other.events;
    terms += other.terms;
    byExpiry += other.byExpiry;
    byRelease += other.byRelease;
    byVacancy += other.byVacancy;
    byRestart += other.byRestart;
    again += other.again;
    degradedTerms += other.degradedTerms;
    asks += other.asks;
    handOvers += other.handOvers;
    toPreferred += other.toPreferred;
    pastPreferred += other.pastPreferred;
    freshExceptions += other.freshExceptions;
    raisedExceptions += other.raisedExceptions;
    disorderExceptions += other.disorderExceptions;
    foreignTerms += other.foreignTerms;
    termsForLife += other.termsForLife;
    calmCrashes += other.calmCrashes;
    calmReleases += other.calmReleases;
    worstAfterLeaseNanos = std::max(worstAfterLeaseNanos, other.worstAfterLeaseNanos);
    worstAfterReleaseNanos = std::max(worstAfterReleaseNanos, other.worstAfterReleaseNanos);
    worstPastPreferredNanos = std::max(worstPastPreferredNanos, other.worstPastPreferredNanos);
    worstRecoveryNanos = std::max(worstRecoveryNanos, other.worstRecoveryNanos);
    coverage.add(other.coverage);
}

std::string Tally::text() const {
    constexpr double kMilli = 1e6;
    return fmt::format(
        "{} schedules, {} events, {} terms, {} with an unhealthy program, {} of foreign electors, "
        "{} for life; {} asks for the Lease; {} releases that prefer somebody, {} taken by that "
        "one, "
        "{} by another\n"
        "{} take-overs: {} by expiry, {} by release, {} by vacancy, {} by restart; {} new terms of "
        "the same process\n"
        "tolerated after a deletion: {} with a process that never saw the Lease, {} with a raised "
        "lease duration; {} after a forged record or a restored backup\n"
        "when all is well: {} crashes, worst {:.1f} ms beyond the lease; {} releases, worst {:.1f} "
        "ms, {:.1f} ms where the preferred one is gone; worst recovery from faults {:.1f} ms\n"
        "events by what the election was doing:\n{}",
        schedules, events, terms, degradedTerms, foreignTerms, termsForLife, asks, handOvers,
        toPreferred, pastPreferred, takeOvers(), byExpiry, byRelease, byVacancy, byRestart, again,
        freshExceptions, raisedExceptions, disorderExceptions, calmCrashes,
        static_cast<double>(worstAfterLeaseNanos) / kMilli, calmReleases,
        static_cast<double>(worstAfterReleaseNanos) / kMilli,
        static_cast<double>(worstPastPreferredNanos) / kMilli,
        static_cast<double>(worstRecoveryNanos) / kMilli, coverage.table());
}

}  // namespace elector::simulation
