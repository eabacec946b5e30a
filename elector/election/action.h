#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "elector/election/instant.h"
#include "elector/election/leadership.h"
#include "elector/election/lease.h"

// All that an election can ask for.
namespace elector::election {

// A quorum read of the Lease, to be answered by ReadAnswered.
struct ReadRequest {};

// What a write is for.
enum class Intent {
    Create,   // put a vacant Lease where there is none
    Acquire,  // begin a term
    Renew,    // prolong the term
    Release,  // leave the Lease to whoever comes first
    Ask,      // a leader whose program is unhealthy for the Lease: who holds it stays as it is
};
const char* toString(Intent intent);

// A write of `record` over `base` (compare and swap on its revision and uid), or the creation of
// the Lease where there is no base. To be answered by WriteAnswered.
struct WriteRequest {
    Intent intent;
    std::optional<Lease> base;
    LeaseRecord record;
};

using Request = std::variant<ReadRequest, WriteRequest>;

// What is worth a line in the log, an Event or a count.
enum class NoteKind {
    TermBegan,         // detail: the token
    TermEnded,         // detail: why
    LeaderChanged,     // detail: the new leader's name, "" if nobody leads
    LeaseCreated,      // vacant, by us
    LeaseMissing,      // somebody deleted it, or nobody made it yet
    Released,          // by us
    NotReleased,       // detail: why; the Lease expires by itself
    HeldForLife,       // detail: the holder; another leads once the Lease is deleted with its Pod
    OddRecord,         // detail: what is odd
    RevisionWentBack,  // detail: the revisions; etcd was probably restored from a backup
    CreatedByUpdate,   // the server created an object instead of updating it
    WriteIgnored,      // an update was answered with the revision it was based on
    NameInUse,         // detail: the session of another live process that uses our id
    RequestFailed,     // detail: what and why
    WatchDenied,       // detail: why; the Lease is polled instead
    WatchRestored,     // after WatchDenied
    WatchBroken,       // detail: why; it ends as soon as it is opened, again and again
    Healthy,           // the program, as far as is known
    Unhealthy,         // detail: why
    Degraded,          // a term begins though the program is unhealthy; detail: why it is
    PodLocked,         // detail: the lock that another elector in this Pod holds
};
const char* toString(NoteKind kind);

struct Note {
    NoteKind kind;
    std::string detail;
};

struct Actions {
    // At most one request is under way at a time: the next one is asked for after its answer.
    std::optional<Request> request;
    // When to send TimePassed, unless another event comes first.
    Instant wakeAt = Instant::max();
    // Answer "no" from now on, see to it that every answer on its way is out, then send
    // NoAnnounced.
    bool announceNo = false;
    // Nothing is left to do: the process may end.
    bool finished = false;
    std::vector<Note> notes;
    // The standings to tell, in order. Where one term ends and another begins in one step, the "no"
    // between them is among these. To be told before "no" is announced.
    std::vector<Standing> told;
};

}  // namespace elector::election
