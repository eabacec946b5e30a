#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "elector/election/instant.h"

// The three durations of an election and the inequalities between them.
namespace elector::election {

// What a lease may last. Records are in whole seconds, so that less than one cannot be written;
// the upper end is also how long at most a follower waits for a record that claims more (rule 2).
inline constexpr Duration kShortestLease = std::chrono::seconds(1);
inline constexpr Duration kLongestLease = std::chrono::hours(1);

// How long before a term's end nothing is left of a program that may run only within it.
inline constexpr Duration kKillMargin = std::chrono::milliseconds(200);

struct Timing {
    // L: how long the others wait after the last renewal that they saw.
    Duration leaseDuration = std::chrono::seconds(10);
    // D: how long a leader answers "I lead" after it sent the last renewal that landed. The gap up
    // to L is what covers clocks that run at different rates: by less than (L - D) / L.
    Duration renewDeadline = std::chrono::seconds(5);
    // P: how often a leader renews, and a candidate asks that has no watch.
    Duration retryPeriod = std::chrono::seconds(2);
    // C: for how long a program may act by an answer after it asked. It comes on top of D: clocks'
    // rates may differ by less than (L - D - C) / L.
    Duration pollTolerance{0};
    // G: how long before a term's end a program is told to end that may run only within it, where
    // there is one. It is killed kKillMargin before that end.
    // NOLINTNEXTLINE(readability-redundant-member-init): said, so that it may be left out
    std::optional<Duration> termGrace = {};

    bool operator==(const Timing&) const = default;
};

// G where nobody chose one: min(D / 6, 5 s).
Duration defaultTermGrace(Duration renewDeadline);

// P where nobody chose one: min(2 s, D / 2.5), so that a second attempt always fits into D.
Duration defaultRetryPeriod(Duration renewDeadline);

// For how long a leader that has stepped down takes nothing, where nobody chose: another has the
// time to lead, even one that misses its first attempt.
Duration defaultPause(const Timing& timing);

// How long one request to the store may take (rule 12), at least 50 ms. Of a process that does not
// lead D / 2: a write that takes longer begins a term that a second one like it could not prolong.
// Of a leader whose term lasts for `termLeft` all but D / 6 of that, or half of it where that is
// more: whatever stalls, another attempt has time to save the term. Where a program is told G
// before its end, that is when the term is taken to end, so that the program is saved with it.
Duration attemptTimeout(const Timing& timing, std::optional<Duration> termLeft = std::nullopt);

enum class TimingField { LeaseDuration, RenewDeadline, RetryPeriod, PollTolerance, TermGrace };

// Something about a Timing that is refused, or warned of.
struct TimingFault {
    TimingField field;
    // Follows the field's name and value in a sentence: "is more than 0.9 x 10s = 9s: ...". Says
    // the sum and what is allowed.
    std::string reason;

    bool operator==(const TimingFault&) const = default;
};

struct TimingReview {
    std::vector<TimingFault> refusals;  // with any of these an election would not be safe
    std::vector<TimingFault> warnings;  // safe, but not wise; only without refusals
};

// Judges `timing` by rule 14. A duration that is wrong by itself is not compared with the others.
TimingReview review(const Timing& timing);

}  // namespace elector::election
