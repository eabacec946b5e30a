#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "elector/election/instant.h"
#include "elector/election/lease.h"

namespace elector::election {

// Who this process is. `session` is POD_UID/NONCE, or /NONCE where there is no Pod UID: the nonce
// is new in every process, so no two processes ever share a session.
struct Identity {
    std::string id;
    std::string podUid;
    std::string session;
};

// A write that this process sent. Whether it landed is not said: a write that was answered with an
// error may have, and a write that was not answered may yet.
struct SentWrite {
    WallTime renewTime;  // with holder and session what tells it apart: see nextRenewTime()
    Moment sentAt;
    std::uint64_t term = 0;  // serial number of the term, or of the attempt at one, it belongs to
};

// The writes of this process that may be what the Lease now holds: what makes a record *ours*
// (rules 4 and 6). A record that merely names us is not: it may be a predecessor's, a namesake's,
// or that of a client which kept our annotation.
class OwnWrites {
  public:
    explicit OwnWrites(const Identity& identity) : identity_(identity) {}

    // The renewTime for a write over `base`: max(wall clock, base's renewTime + 1 us), and above
    // that of every write sent before, so that no write is identical to what is stored (the API
    // server would answer it with the old revision and tell nobody) and each can be told apart.
    WallTime nextRenewTime(const LeaseRecord& base, WallTime wall) const;

    void sent(const LeaseRecord& record, const Moment& at, std::uint64_t term);

    // The write that `record` proves to have landed, or nullptr. Valid until the next sent().
    const SentWrite* find(const LeaseRecord& record) const;

  private:
    // At most one in doubt can still land on each revision; older ones than these are forgotten,
    // and if one of them did land, its record counts as a rival's: a delay, never a second leader.
    static constexpr std::size_t kRemembered = 16;

    const Identity& identity_;
    std::deque<SentWrite> writes_;
};

}  // namespace elector::election
