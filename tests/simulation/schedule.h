#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "elector/election/election.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

enum class Fault {
    CutOff,         // a link, in one direction or both
    Outage,         // the API server does not answer
    Pause,          // SIGSTOP
    Kill,           // SIGKILL
    Stop,           // SIGTERM
    Twin,           // a second process with the same id
    WallJump,       // somebody sets the clock
    Delete,         // kubectl delete lease
    Coup,           // the same, perhaps twice, while the leader is cut off and others restart
    EditMetadata,   // kubectl label lease
    EditSpec,       // a foreign field
    Storm,          // errors for an answer
    Refusal,        // 401, 403
    Slowness,       // of the network
    WatchClosed,    // by the server
    WatchSilent,    // open, and nothing comes
    WatchReplayed,  // old events again
    // Those below are drawn apart from the ones above: see scheduleOf().
    Restore,       // etcd, from an older backup
    Forgery,       // a record by somebody who may write the Lease
    TokenExpired,  // 401 for one machine
    Farewell,      // SIGTERM for the leader, while its Lease is deleted and its watch ends
    LateAnswer,    // the Lease is deleted before the answer of the write that acquired it arrives
    Relay,         // leaders that release in a row, under a Lease made anew while one is cut off
    Retiming,      // a process starts again with another lease duration
    WallStop,      // the leader's wall clock is set forward, then SIGTERM
    StepDown,      // the leader is asked to step down, perhaps soon again, or told to stop
    Sickness,      // a program fails, or all do
    HandOver,      // the leader is asked to hand over; or what was not asked of it is said to be
};
inline constexpr int kFirstFaults = 17;
inline constexpr int kFaults = 28;
const char* toString(Fault fault);

// One place for a process: a machine with its clock, a configuration, and a name for what runs on
// it.
struct Place {
    std::string id;
    bool hasPodUid = true;
    election::Timing timing;
    election::OnMissing onMissing = election::OnMissing::Create;
    election::OnShutdown onShutdown = election::OnShutdown::Release;
    Duration drain{0};
    bool mayWatch = true;
    std::optional<election::HealthGate> health;
    bool confirms = false;       // its program says that it has stopped, and perhaps says so late
    std::int64_t clockRate = 0;  // millionths
    Duration bootAtStart{0};
    Duration wallError{0};
    Duration wallStep{0};  // what a coarse wall clock advances by; 0: it is fine
};

// All that a seed decides before the run.
struct Schedule {
    std::uint64_t seed = 0;
    std::uint64_t run = 0;  // seed of all that is drawn while it runs
    std::vector<Place> places;
    std::vector<Fault> faults;  // those that happen, as often as they are listed
    Duration longestLease{0};
    Duration shortestDeadline{0};
    double slowestRate = 1;
    Duration trouble{0};       // for how long faults happen
    Duration meanInterval{0};  // between faults
    std::uint64_t strikes = std::numeric_limits<std::uint64_t>::max();  // of the nemesis, at most
    int loss = 0;                                                       // permille: see Network
    int duplicates = 0;
    int lateness = 0;
    int staleness = 0;
    int stalls = 0;
    std::uint64_t firstRevision = 1;
    int foreigners = 0;  // electors of another make
    int lifers = 0;  // and of one that holds the Lease for life; never with the others, who take it
};

// What a seed decides, without what was added to the simulation later.
Schedule firstScheduleOf(std::uint64_t seed);
// All of it. What was added later is drawn by a generator of its own, behind all else: so a seed
// stands for the same run as ever once that is taken away again.
Schedule scheduleOf(std::uint64_t seed);

}  // namespace elector::simulation
