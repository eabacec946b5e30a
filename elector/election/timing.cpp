#include "elector/election/timing.h"

#include <algorithm>
#include <cstdint>

namespace elector::election {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// In seconds with as many decimals as needed: "9s", "0.05s". This folder knows no formatting
// library, and the sums need no more.
std::string inSeconds(Duration duration) {
    const std::string sign = duration < Duration(0) ? "-" : "";
    const auto whole = std::chrono::duration_cast<seconds>(duration);
    const std::int64_t rest = (duration - whole).count();
    std::string text = sign + std::to_string(whole.count() < 0 ? -whole.count() : whole.count());
    if (rest != 0) {
        const std::string digits = std::to_string(rest < 0 ? -rest : rest);
        text += "." + std::string(9 - digits.size(), '0') + digits;
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text + "s";
}

// 0.9 L, exact for whole seconds.
Duration longestRenewDeadline(Duration leaseDuration) {
    return leaseDuration - leaseDuration / 10;
}

bool isWholeSeconds(Duration duration) {
    return duration % seconds(1) == Duration(0);
}

std::vector<TimingFault> refusalsOf(const Timing& timing) {
    std::vector<TimingFault> refusals;
    const Duration lease = timing.leaseDuration;
    const Duration renew = timing.renewDeadline;
    const Duration retry = timing.retryPeriod;
    const bool leaseFits =
        lease >= kShortestLease && lease <= kLongestLease && isWholeSeconds(lease);
    if (!leaseFits) {
        refusals.push_back(
            {TimingField::LeaseDuration, "is not allowed: a Lease records whole seconds, from " +
                                             inSeconds(kShortestLease) + " to 1h"});
    }
    if (renew <= Duration(0)) {
        refusals.push_back({TimingField::RenewDeadline,
                            "is not allowed: it must be above 0s and at most 0.9 of the lease "
                            "duration"});
    } else if (leaseFits && renew > longestRenewDeadline(lease)) {
        const std::string most = inSeconds(longestRenewDeadline(lease));
        refusals.push_back({TimingField::RenewDeadline,
                            "is too long: allowed is at most 0.9 x the lease duration = 0.9 x " +
                                inSeconds(lease) + " = " + most +
                                ", so that a leader has stopped before another may start"});
    }
    if (retry <= Duration(0)) {
        refusals.push_back({TimingField::RetryPeriod,
                            "is not allowed: it must be above 0s and below the renew deadline"});
    } else if (renew > Duration(0) && retry >= renew) {
        refusals.push_back({TimingField::RetryPeriod,
                            "is too long: it must be below the renew deadline, " +
                                inSeconds(renew) + ", or each term ends before its first renewal"});
    }
    const Duration tolerance = timing.pollTolerance;
    if (tolerance < Duration(0)) {
        refusals.push_back({TimingField::PollTolerance, "is not allowed: it must be at least 0s"});
    } else if (refusals.empty() && tolerance > longestRenewDeadline(lease) - renew) {
        refusals.push_back({TimingField::PollTolerance,
                            "is too long: with the renew deadline, " + inSeconds(renew) +
                                ", it may be at most 0.9 x the lease duration = 0.9 x " +
                                inSeconds(lease) + " = " + inSeconds(longestRenewDeadline(lease)) +
                                ", which leaves " + inSeconds(longestRenewDeadline(lease) - renew) +
                                ", so that programs have forgotten a yes before another may lead"});
    }
    const Duration grace = timing.termGrace.value_or(Duration(0));
    if (grace < Duration(0)) {
        refusals.push_back({TimingField::TermGrace, "is not allowed: it must be at least 0s"});
    } else if (refusals.empty() && timing.termGrace && grace + kKillMargin >= renew - retry) {
        refusals.push_back({TimingField::TermGrace,
                            "is too long: with the " + inSeconds(kKillMargin) +
                                " left when all is killed, " + inSeconds(grace) + " + " +
                                inSeconds(kKillMargin) + " = " + inSeconds(grace + kKillMargin) +
                                ", it must be below the renew deadline less the retry period, " +
                                inSeconds(renew) + " - " + inSeconds(retry) + " = " +
                                inSeconds(renew - retry) +
                                ", or the program is told to end before its term is renewed"});
    }
    return refusals;
}

std::vector<TimingFault> warningsOf(const Timing& timing) {
    const Duration renew = timing.renewDeadline;
    const Duration retry = timing.retryPeriod;
    if (retry > renew / 2) {
        return {{TimingField::RetryPeriod, "is more than half the renew deadline, " +
                                               inSeconds(renew) + " / 2 = " + inSeconds(renew / 2) +
                                               ": one lost attempt would end the term"}};
    }
    const Duration attempt = attemptTimeout(timing, renew - retry);
    const Duration grace = timing.termGrace.value_or(Duration(0));
    if (retry + attempt >= renew - grace) {
        return {{TimingField::RetryPeriod,
                 "and the time-out of an attempt, " + inSeconds(attempt) + ", add up to " +
                     inSeconds(retry + attempt) + ", which is not below the renew deadline" +
                     (grace > Duration(0) ? " less the term grace, " : ", ") +
                     inSeconds(renew - grace) + ": one stalled attempt would end " +
                     (grace > Duration(0) ? "the program" : "the term")}};
    }
    return {};
}

}  // namespace

Duration defaultTermGrace(Duration renewDeadline) {
    return std::min<Duration>(renewDeadline / 6, seconds(5));
}

Duration defaultRetryPeriod(Duration renewDeadline) {
    // Divided first: a deadline that is too long to be multiplied has yet to be refused.
    return std::min<Duration>(seconds(2), renewDeadline / 5 * 2);
}

Duration defaultPause(const Timing& timing) {
    return std::max<Duration>(2 * timing.retryPeriod, seconds(10));
}

Duration attemptTimeout(const Timing& timing, std::optional<Duration> termLeft) {
    // A leader sends its renewal at P after the last one, and D - P is left of its term: with the
    // default P, 2/5 D, a write may take 13/30 D, 2.1 s of 5 s, as it may where a slow admission
    // webhook stands in the way. If the connection has stalled instead, D/6 is left for the next
    // attempts, on a new one: a read, which gets half of that, and a write. With the longest P that
    // is not warned of, D/2, it is the same D/6. Below 50 ms no API server answers reliably, so
    // that a shorter time-out would fail every attempt.
    // A program that is told G before the term's end is lost then. Once that is past, the term
    // itself is still worth an attempt.
    const Duration deadline = timing.renewDeadline;
    const Duration grace = timing.termGrace.value_or(Duration(0));
    if (termLeft && *termLeft > grace) {
        *termLeft -= grace;
    }
    const Duration limit =
        termLeft ? std::max(*termLeft / 2, *termLeft - deadline / 6) : deadline / 2;
    return std::max<Duration>(milliseconds(50), limit);
}

TimingReview review(const Timing& timing) {
    TimingReview result{refusalsOf(timing), {}};
    if (result.refusals.empty()) {
        result.warnings = warningsOf(timing);
    }
    return result;
}

}  // namespace elector::election
