#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "elector/election/instant.h"
#include "elector/election/revision.h"

// Leadership as a value that expires by itself (S2): nobody has to run for an answer to become
// "no".
namespace elector::election {

// One term of this process as leader. Begins with an own successful CAS and is never revived.
struct Term {
    // The fencing token: the revision answered to the write that began the term. Constant for it.
    Revision token;
    // The last instant is excluded. D after the sending of the last renewal that is known to have
    // landed.
    Instant validUntil;
    // A second guard against a boot clock that a hypervisor stopped: the wall clock at that
    // sending, plus D. Past it the term is over as well.
    WallTime wallLimit;

    bool isValidAt(const Moment& now) const {
        return now.boot < validUntil && now.wall <= wallLimit;
    }
};

// Why a standing is told: what is different from the one told before it.
enum class Reason {
    Initial,   // nothing is known yet
    Acquired,  // a term of this process began
    Renewed,   // whoever led leads for longer
    Draining,  // the term ended because this process leaves, or steps down
    Lost,      // it ended because of what the store showed
    Expired,   // it could not be renewed in time
    Changed,   // another leads
    Vacant,    // nobody is known to lead any more
};
const char* toString(Reason reason);

// What this process knows of one Lease: published by the election after each step, read by all who
// answer questions.
struct Standing {
    // Grows by one with each standing that is told: whenever who leads changed, or until when.
    std::uint64_t seq = 1;
    Reason reason = Reason::Initial;

    // While this process leads. Whoever reads it compares with the clocks (read after it).
    std::optional<Term> term;
    // The name of another leader, "" if none is known; holds until leaderUntil (excluded), which is
    // the recorded lease duration after its last observed renewal.
    std::string leader;
    Instant leaderUntil;
    bool leadsForLife = false;  // it does not renew; the Lease ends with its Pod (rule 16)
    bool degraded = false;      // whoever leads, its program is unhealthy (rule 17)
    bool healthy = true;        // the program of this process
    // Of the last term of this process that ended; "" where none has.
    std::string endedToken;

    // Of the record last observed; empty before one was.
    std::string leaseUid;
    std::int64_t transitions = 0;
    std::optional<WallTime> acquireTime;
    std::optional<WallTime> renewTime;

    // When the Lease was last heard of, if ever, and what has gone wrong since, if anything: for
    // readiness. Denied: the store refuses our requests, or has let no write succeed for longer
    // than a term lasts.
    std::optional<Instant> heardAt;
    std::string trouble;
    bool denied = false;
};

// The answer to "who leads?" at one moment.
struct Answer {
    std::string leader;  // own id only while isLeader (rule 15); "" if nobody is known to lead
    bool isLeader = false;
    std::string fencingToken;  // decimal; "" unless isLeader
    std::string endedToken;    // of the last term of this process that ended; "" where none has
    std::string leaseUid;
    std::int64_t transitions = 0;
    std::optional<WallTime> acquireTime;
    std::optional<WallTime> renewTime;
    // For how long the answer holds, counted from before the question was asked; 0 where the answer
    // may change at any moment (nobody leads). Whole milliseconds, rounded down.
    std::chrono::milliseconds validFor{0};
    // While isLeader: when it ends by itself, for whoever passes the answer on.
    Instant validUntil;
    // Of the standing that the answer was made of.
    std::uint64_t seq = 0;
    Reason reason = Reason::Initial;
    // True where `leader`, another, holds the Lease until its Pod is deleted (rule 16).
    bool leadsForLife = false;
    // True where the program of `leader` is unhealthy (rule 17).
    bool degraded = false;
    // What keeps this process from doing its part, in a sentence; "" where nothing does.
    std::string trouble;

    bool operator==(const Answer&) const = default;
};

// The answer that `standing` gives at `now`. REQUIRES: the clocks were read after the standing.
Answer answerAt(const Standing& standing, const std::string& ownId, const Moment& now);

}  // namespace elector::election
