#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elector/election/election.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/network.h"
#include "tests/simulation/process.h"

namespace elector::simulation {

// An elector that does as client-go's leaderelection package does, with a Lease for its lock. It
// asks once in a retry period and watches nothing; takes a missing Lease at once by creating it for
// itself; counts its own lease duration since it saw the record change, whatever is recorded; keeps
// all annotations, ours among them; and ends, to begin anew under another name, when it could not
// renew within its deadline.
//
// One promise it does not keep: it believes to lead until it has noticed that it does not. The
// judge is told of a term only for as long as it would be one by rule 1: that one ours has to
// respect.
class ForeignElector {
  public:
    ForeignElector(World& world, std::string id, const election::Timing& timing,
                   const DriftingClock& clock, Link& link);
    ForeignElector(const ForeignElector&) = delete;
    ForeignElector& operator=(const ForeignElector&) = delete;

    void start();
    void kill();
    // Releases the Lease, if it is the leader, over what it last saw; then ends.
    void leave();
    bool isAlive() const { return alive_; }

  private:
    void attempt();
    void attemptLater();
    void read();
    void judgeRecord(const std::optional<election::Lease>& lease);
    void write(election::LeaseRecord record, const std::optional<election::Lease>& base);
    void wrote(const election::Landed& landed, election::Intent intent, election::Instant sentAt);
    void observe(const election::Lease& lease);
    void failed();
    void submit(Call call);
    bool isLeader() const;
    bool isHeld(election::Instant now) const;
    election::Moment now() const { return clock_.at(world_.queue.now()); }

    World& world_;
    election::Settings settings_;
    election::Standing standing_;
    const DriftingClock& clock_;
    Link& link_;
    int number_ = 0;
    bool alive_ = false;
    std::uint64_t request_ = 0;
    election::Instant attemptedAt_;
    std::optional<election::Lease> observed_;
    election::Instant observedAt_;
    election::Instant renewBy_;  // while it leads
};

}  // namespace elector::simulation
