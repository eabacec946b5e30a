#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <variant>

#include "elector/election/election.h"
#include "elector/election/watch_pace.h"
#include "tests/simulation/coverage.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/history.h"
#include "tests/simulation/judge.h"
#include "tests/simulation/network.h"
#include "tests/simulation/tally.h"
#include "tests/simulation/watch_server.h"

namespace elector::simulation {

// What all processes of a run share.
struct World {
    EventQueue& queue;
    Network& network;
    WatchServer& watches;
    Judge& judge;
    Tally& tally;
    History& history;
    Random& random;
    // Permille of steps before whose effects the process is stopped, and for how long at most.
    int stalls = 0;
    Duration longestStall{0};
};

// One process: a real Election and a model of what drives it, by the contract of event.h and
// action.h. It can be stopped between any two instructions that matter, and killed.
class Process {
  public:
    Process(World& world, int number, election::Settings settings, const DriftingClock& clock,
            Link& link, bool mayWatch, bool confirms);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void start();
    void kill();
    void requestStop();
    void requestStepDown(Duration pause, const std::string& to = {}) {
        arrive({election::StepDownRequested{.pause = pause, .to = to}});
    }
    // Its program passed a probe, or failed too many.
    void tellHealth(bool healthy) { arrive({election::HealthChanged{healthy, "as simulated"}}); }
    // SIGSTOP until then; what happens meanwhile is found at waking.
    void pauseUntil(Duration when);
    // Somebody asks who leads.
    void ask();

    void breakWatch();
    // From now on every watch ends as soon as it is open.
    void endEachWatchBy(election::ErrorKind kind) { eachWatchEndsBy_ = kind; }
    void silenceWatch(Duration howLong);
    void replayWatch();

    bool isAlive() const { return alive_; }
    bool isStopping() const { return stopping_; }
    int number() const { return number_; }
    const election::Election& election() const { return election_; }

  private:
    // Something that waits for the process to run.
    struct Item {
        election::Event event;
        std::uint64_t request = 0;  // that it answers, if any
        std::uint64_t watch = 0;    // of which it comes, if any
    };

    bool isStalled() const { return inStep_ || world_.queue.now() < stalledUntil_; }
    void arrive(Item item);
    void resume();
    void process(const Item& item);
    void step(const election::Event& event);
    void finishStep(const election::Event& event, const election::Moment& now);
    void act(const election::Actions& actions, const election::Moment& now);
    void checkContract(const election::Actions& actions, const election::Moment& now);
    void checkTold(const election::Actions& actions, const election::Moment& now);
    void followPhase(const election::Event& event, const election::Actions& actions,
                     const election::Moment& now);
    void announceNo();
    void confirm();
    void send(const election::Request& request, const election::Moment& now);
    void submit(const Call& call, std::uint64_t request);
    void openWatch();
    void watchEnded(const election::ApiError& error);
    void setTimer(election::Instant wakeAt);
    Duration lateness();
    void record(const std::string& line);

    World& world_;
    const int number_;
    const DriftingClock& clock_;
    Link& link_;
    const bool mayWatch_;
    const bool confirms_;
    election::Election election_;
    election::WatchPace watchPace_;

    bool alive_ = false;
    bool stopping_ = false;
    Duration stalledUntil_{0};
    bool inStep_ = false;
    bool saidNo_ = false;  // and the election has not heard of it yet
    std::deque<Item> inbox_;

    std::uint64_t lastRequest_ = 0;
    std::uint64_t pendingRequest_ = 0;
    std::uint64_t timer_ = 0;
    std::uint64_t watch_ = 0;   // serial of the present watch
    std::uint64_t stream_ = 0;  // its stream at the server, once it is open
    std::optional<election::ErrorKind> eachWatchEndsBy_;

    Phase phase_ = Phase::Following;
    bool noAnnounced_ = false;
    Duration pause_{0};  // after it has stepped down
    election::Instant drainedAt_;
    election::Instant releasesAt_;  // not before, since its --drain runs
    std::uint64_t drain_ = 0;       // the standing that told of the present drain, or the last
    election::Standing told_;       // last
    // Requests within the present retry period, against hot loops.
    election::Instant periodEnds_;
    int requests_ = 0;
};

}  // namespace elector::simulation
