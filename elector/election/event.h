#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "elector/election/api_error.h"
#include "elector/election/instant.h"
#include "elector/election/lease.h"

// All that can happen to an election. Instants are of this process's boot clock.
namespace elector::election {

// The first event, once the process may campaign.
struct Started {};

// The read that was asked for was answered: with the Lease, with none (404), or not.
struct ReadAnswered {
    std::variant<std::optional<Lease>, ApiError> answer;
};

struct Landed {
    Lease lease;           // as it is after the write
    bool created = false;  // 201 rather than 200
};

// The write that was asked for was answered, or not.
struct WriteAnswered {
    std::variant<Landed, ApiError> answer;
};

// A watch opened with a quorum list, sent at `sentAt`, that found the Lease or none.
struct Listed {
    std::optional<Lease> lease;
    Instant sentAt;
};

// The watch showed a change, or the deletion, of the Lease.
struct Changed {
    Lease lease;
};
struct Deleted {};

// The watch could not be opened, or ended. Opening it again is the driver's business.
struct WatchFailed {
    ApiError error;
};

// Nothing but the clock. Sent at Actions::wakeAt; harmless at any time.
struct TimePassed {};

// Somebody was told "no" because the term had run out, before the election noticed (rule 1).
struct AnsweredNo {};

// The process shall end (rule 13).
struct StopRequested {};

// The process shall leave the Lease to another, and follow again: for `pause` after that it takes
// nothing (rule 13), and `to` is preferred (rule 18). Ignored by whoever does not lead, or leads in
// another term than `token`'s.
struct StepDownRequested {
    Duration pause;
    // "": whichever term it is. Said to be empty, so that it may be left out.
    std::string token = {};  // NOLINT(readability-redundant-member-init)
    // "": whoever comes first.
    std::string to = {};  // NOLINT(readability-redundant-member-init)
};

// The program is known to be healthy, or is not any more: `why`, in a few words. Until the first of
// these it is not, where Settings::health is set; else they are ignored.
struct HealthChanged {
    bool healthy;
    std::string why;
};

// The program was told the standing `seq`, a "draining", and has said that it does not act any more
// (rule 13). Others may rely on what this process told them until `promisedUntil`. Ignored unless
// it is the drain under way that was told by `seq`.
struct ProgramStopped {
    std::uint64_t seq = 0;
    Instant promisedUntil;
};

// After Actions::announceNo: nobody is answered "yes" any more.
struct NoAnnounced {};

using Event = std::variant<Started, ReadAnswered, WriteAnswered, Listed, Changed, Deleted,
                           WatchFailed, TimePassed, AnsweredNo, StopRequested, StepDownRequested,
                           HealthChanged, ProgramStopped, NoAnnounced>;

}  // namespace elector::election
