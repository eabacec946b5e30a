#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "elector/election/action.h"
#include "elector/election/backoff.h"
#include "elector/election/event.h"
#include "elector/election/leadership.h"
#include "elector/election/observation.h"
#include "elector/election/own_writes.h"
#include "elector/election/timing.h"

namespace elector::election {

// What a process that created the missing Lease, and never saw it before, does next (rule 8).
enum class OnMissing {
    Create,  // takes it at once: nobody can have led under a Lease that nobody saw
    Wait,    // waits the lease duration, as everybody else does
};

// How a leader leaves (rule 13).
enum class OnShutdown {
    Release,  // gives the Lease back: another leads after a round trip
    Expire,   // lets it expire: safe where the program may still be running
};

// What becomes of a candidate whose program is unhealthy (rule 17).
struct HealthGate {
    Duration pause;          // after it has stepped down
    Duration degradedAfter;  // it may lead if nobody has led for that; 0: never
};

struct Settings {
    Identity identity;
    Timing timing;
    OnMissing onMissing = OnMissing::Create;
    OnShutdown onShutdown = OnShutdown::Release;
    Duration drain{0};       // how long a leaving leader answers "no", renewing on
    std::uint64_t seed = 0;  // of the jitter
    // Without one, the program counts as healthy. Said to be empty, so that it may be left out.
    std::optional<HealthGate> health = {};  // NOLINT(readability-redundant-member-init)
};

// One candidate's part in the election of the leader of one Lease: a state machine without clock,
// thread or I/O. Events go in, what to do comes out.
//
// With L the lease duration, D < L the renew deadline and P < D the retry period of the holder:
//
//   - A leader writes its record over the Lease, by compare and swap, every P. It leads until D
//     after it *sent* the last such write that landed, and not an instant longer, whatever it hears
//     or fails to hear. It ends its term at once when it sees another holder.
//   - A follower may take the Lease when it has seen no change of it for L, counted on its own
//     clock from when it *processed* the last one. At once it may take only what is certainly free:
//     a proper release, its own writes, its dead predecessor's in the same Pod.
//   - A term begins only with an own successful compare and swap over a record that was read. Its
//     fencing token is the revision of that write.
//
// Why two never lead: take the last renewal of A that landed. A sent it, it landed, then B
// processed it: in this order. A stops D after the first, B takes over L after the third at the
// earliest, so at most one leads as long as their clocks' rates differ by less than (L-D)/L. What B
// takes is what it read: had A renewed in between, B's write would have failed.
// docs/safety.md has the whole argument, docs/design.md (section 2) the rules that are cited by
// number.
//
// Threads: none. REQUIRES: `now` never goes back from step to step in its boot time.
class Election {
  public:
    explicit Election(Settings settings);
    Election(const Election&) = delete;
    Election& operator=(const Election&) = delete;

    Actions step(const Event& event, const Moment& now);

    // As of the last step. Whoever answers from it compares it with the clocks: answerAt().
    const Standing& standing() const { return standing_; }
    const Settings& settings() const { return settings_; }

  private:
    struct Following {
        Instant pausedUntil;  // it takes nothing before
    };
    struct Leading {
        Term term;
        std::uint64_t serial;
    };
    // Answers "no" already, and renews on, so that nobody leads while the program ends. Without a
    // term nothing is renewed: it had ended before the process was told to stop.
    struct Draining {
        std::optional<Term> term;
        std::uint64_t serial;
        Instant until;
        std::optional<Duration> pause;  // then it follows again, paused; without one it stops
        std::string to;                 // the candidate that its release prefers, if any
        bool announced = false;
        // Once announced: programs may keep an answer up to then.
        Instant rememberedUntil = {};  // NOLINT(readability-redundant-member-init)
        // The standing that told of this drain.
        std::optional<std::uint64_t> told = {};  // NOLINT(readability-redundant-member-init)
        bool programStopped = false;             // as it says
    };
    struct Releasing {
        Instant until;
        std::optional<Duration> pause;  // likewise
        std::string to;                 // likewise
        bool written = false;
        int refusals = 0;  // of its writes, by a conflict or for good
    };
    struct Stopped {};
    using State = std::variant<Following, Leading, Draining, Releasing, Stopped>;

    // Writes of which none has succeeded since the first of them failed.
    struct FailingWrites {
        Instant since;
        int attempts = 0;
        bool refused = false;  // the last of them
    };

    // The request under way.
    struct PendingRead {
        Instant sentAt;
    };
    struct PendingWrite {
        Intent intent;
        std::optional<Revision> base;
        Moment sentAt;
        std::uint64_t serial;
    };
    using Pending = std::variant<std::monostate, PendingRead, PendingWrite>;

    // A write that seems to have lost a race: what it was based on, and how it was answered.
    struct Conflicted {
        Intent intent;
        std::optional<Revision> base;
        Instant answeredAt;
        ApiError error;
    };

    void on(const Started& /*event*/) { unledSince_ = now_.boot; }
    // Planning, which follows every event, is all that this brings about.
    void on(const TimePassed& /*event*/) {}
    void on(const ReadAnswered& event);
    void on(const WriteAnswered& event);
    void on(const Listed& event);
    void on(const Changed& event);
    void on(const Deleted& event);
    void on(const WatchFailed& event);
    void on(const AnsweredNo& event);
    void on(const StopRequested& event);
    void on(const StepDownRequested& event);
    void on(const HealthChanged& event);
    void on(const ProgramStopped& event);
    void on(const NoAnnounced& event);

    void landed(const PendingWrite& write, const Landed& answer);
    void notLanded(const PendingWrite& write, const ApiError& error);
    void judgeConflict();
    void created(const Lease& lease, Instant sentAt);
    void conflicted(const PendingWrite& write, const ApiError& error);
    void succeeded(bool write);
    void forgetFailures();
    void forgetConflicts();
    void failed(const ApiError& error, const char* what, bool write);
    bool mayNotWrite() const;
    void waitAfter(const ApiError& error, bool refusedWrite);
    std::optional<Instant> endOfWork() const;

    void react(News news);
    void reactAsHolder(const LeaseRecord& record);
    void noteRecord(const Lease& lease);
    void notePreference(const LeaseRecord& record);
    void heard();

    void beginTerm(const Revision& token, const Moment& sentAt, std::uint64_t serial);
    void endTerm(const std::string& why, Reason reason = Reason::Lost);
    void endLapsedTerm();
    std::string becauseOfTrouble() const;
    void credit(std::uint64_t serial, const Moment& sentAt);
    void extend(Term& term, const Moment& sentAt);
    void drain(std::optional<Duration> pause, const std::string& why, const std::string& to = {});
    std::optional<std::string> mustStepDown() const;
    std::optional<std::string> mustHandOverTo() const;
    Instant mayLeadFrom() const;
    Instant drainedAt() const;
    void endRelease(const std::string& whyNot);
    bool holdsLease(std::uint64_t serial) const;

    void plan();
    void planFollowing();
    void planHolding(const Term& term, std::uint64_t serial);
    void planDraining();
    void planReleasing();
    void planClaim();
    bool planAsking();

    void ask(const ReadRequest& request);
    void ask(Intent intent);
    LeaseRecord recordFor(Intent intent) const;
    void wakeBy(Instant when);
    void note(NoteKind kind, std::string detail = {});
    void publish();
    void tell(Reason reason);

    const Settings settings_;
    OwnWrites ownWrites_;
    Observation observation_;
    Jitter jitter_;
    Backoff backoff_;
    Backoff writeBackoff_;  // of writes that met conflicts or are refused: reads do not reset it

    State state_ = Following{};
    Pending pending_;
    std::uint64_t serial_ = 0;  // of the last attempt at a term

    // The next request must be a read: what is known may be out of date.
    bool mustRead_ = true;
    // A lost race: what is known is out of date for sure, and nothing is taken by it.
    bool staleBase_ = false;
    // A write was sent of which nobody knows whether it landed.
    bool inDoubt_ = false;
    bool watchDenied_ = false;
    int brokenWatches_ = 0;  // in a row, each soon after the one before
    Instant watchEndedAt_;
    std::optional<FailingWrites> failingWrites_;
    int conflicts_ = 0;                     // in a row
    int creationsInVain_ = 0;               // in a row, each of a Lease that nobody came to hold
    std::optional<Conflicted> conflicted_;  // until a read has shown whether there was a race
    Instant notBefore_;                     // no request before
    Instant silentAt_;                      // read again if nothing is heard until then
    Instant createAt_;
    Instant renewAt_;
    Duration claimJitter_{0};
    // Of the release seen last: its renewTime, and until when it is left to whom it prefers. And
    // what was preferred in the record seen last that was no release: it was left there.
    std::optional<WallTime> releasedAt_;
    Instant standBackUntil_;
    std::string stalePreference_;
    // Of the program. Since when nobody has led whose program is healthy, as far as is known.
    bool healthy_;
    std::string unhealthyBecause_ = "nothing was heard of it yet";
    Instant unledSince_;
    Instant askAt_;  // the leader for the Lease, not before
    // The latest instant up to which somebody may have been promised that this process leads, and
    // when its last term ended: a release waits for both, by whatever way the term ended.
    Instant promisedUntil_;
    Instant endedAt_;

    // What was told already, so that each thing is told once.
    std::vector<std::string> oddities_;
    std::string holderForLife_;
    std::optional<std::string> namesake_;  // session of another process seen under our id
    bool namesakeTold_ = false;
    std::string watchDenial_;             // not told yet
    std::set<std::string> toldFailures_;  // until something succeeds
    std::string shownLeader_;
    Reason ended_ = Reason::Lost;  // why the last term did

    Moment now_{};
    Actions actions_;
    Standing standing_;
};

}  // namespace elector::election
