#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "elector/election/election.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/knowledge.h"
#include "tests/simulation/network.h"
#include "tests/simulation/tally.h"

namespace elector::simulation {

// Judges in true time what the processes answer: S1 to S3, and what rules 1, 3, 4, 7, 8 and 15 say
// of a single process. It knows what landed on the API server and what each process was told; it
// believes nothing that an election says of itself.
class Judge {
  public:
    explicit Judge(Tally& tally) : tally_(tally) {}

    enum class Kind { Ours, Foreign, ForLife };

    // The number of the process that joins next.
    int nextNumber() const { return static_cast<int>(members_.size()); }
    // A process begins, and gets a number; or is dead. What is referred to outlives the judge. A
    // one of another make is believed to lead as its standing says.
    int joined(const election::Settings& settings, const election::Standing& standing,
               const DriftingClock& clock, Kind kind);
    void left(int process) { members_[static_cast<std::size_t>(process)].gone = true; }

    // What a process was told, before it made anything of it.
    void told(int process, const election::Event& event, election::Instant now);
    // It has made something of it.
    void stepped(int process);
    // It asks for a write: fills in what is known about that now.
    void asked(int process, Call& call, const election::Moment& now);
    void landed(const Call& call, const election::Landed& landed);
    // Something happened to the Lease past the rules by which it is written: a forged record, or a
    // write over another version than it was based on. Terms that it separates may overlap.
    void disordered();
    // The same, by a restored backup: revisions begin again at a lower one.
    void restored();
    // It answered whoever asked who leads.
    void answered(int process, const election::Answer& answer, election::Instant now);
    // It answered "no" although its election says it leads, and goes on so until that has heard.
    void saidNo(int process);
    void heardNo(int process) { members_[static_cast<std::size_t>(process)].withheld = false; }
    // It leaves, and answers of this term may still be on their way; or none are any more.
    void leaving(int process, const std::optional<election::Term>& term) {
        members_[static_cast<std::size_t>(process)].leaving = term;
    }

    // It leaves to follow again, so that its program goes on: or to stop.
    void stepsDown(int process, bool stepsDown) {
        members_[static_cast<std::size_t>(process)].stepsDown = stepsDown;
    }
    // It does so though nobody told it to but the Lease, or its program's health.
    void stepsDownUnasked(int process, const std::optional<election::Term>& term);
    // It follows again, and has to take nothing before.
    void pauses(int process, election::Instant until) {
        members_[static_cast<std::size_t>(process)].pausedUntil = until;
    }

    // Up to when, on its clock, a "yes" that it gave is good at the latest.
    election::Instant promisedUntil(int process) const {
        return members_[static_cast<std::size_t>(process)].promisedUntil;
    }

    // Compares all processes. REQUIRES: called after everything that happens.
    void check(Duration now);
    // The process that leads at `now`, if any.
    std::optional<int> leaderAt(Duration now) const;

    void fail(std::string what);
    const std::optional<std::string>& violation() const { return violation_; }
    // The last write that kept or began a term landed then, on the Lease; and the last release.
    Duration lastRenewalLanded() const { return lastRenewalLanded_; }
    Duration lastReleaseLanded() const { return lastReleaseLanded_; }
    // Since when there was a leader at every check.
    Duration leaderSince() const { return leaderSince_; }
    void setNow(Duration now) { now_ = now; }

  private:
    struct Member {
        Member(const election::Settings& its, const election::Standing& said,
               const DriftingClock& ticks, Kind make)
            : settings(&its), standing(&said), clock(&ticks), kind(make), knowledge(its) {}

        const election::Settings* settings;
        const election::Standing* standing;
        const DriftingClock* clock;
        Kind kind;
        Knowledge knowledge;
        bool gone = false;
        std::string token;      // of the term last seen
        bool ended = false;     // somebody was told no since it began
        bool withheld = false;  // it says no, and its election has not heard of it
        std::optional<election::Term> leaving;
        bool stepsDown = false;
        election::Instant pausedUntil;
        bool healthy = false;        // its program, as it was told last
        election::Instant ledUntil;  // it led in health, or began
        election::Instant toldAt;    // by its clock, as it read it with the event
        std::string steppedToken;    // of its term, after its last step
        // Its program's: the token of the last "yes", and until when in true time it acts by it.
        std::string rememberedToken;
        Duration rememberedUntil{0};
        election::Instant promisedUntil;  // the latest that a "yes" of its was good for
        std::optional<election::Instant> landedSentAt;  // of the latest landed write of a term
        std::optional<election::Revision> acquired;     // by its latest acquiring write
        std::set<std::string> ownCreations;             // uids
    };
    struct Acquisition {
        int process;
        std::string uid;
        TermKey key;
        election::Instant askedAt;
        bool wasLeading;
        std::uint64_t Tally::* how;
        std::uint64_t firstLanding;  // serial numbers of landings: of this write
        std::uint64_t lastLanding;   // and of the last one of its term
        bool begun = false;
    };
    // How the first term under a uid came about.
    struct Root {
        enum class How { Fresh, Sitting, Waited };
        How how;
        int process;
        std::string previousUid;        // Sitting: that it led under
        std::uint64_t previousLanding;  // and the last write under that
        election::Instant askedAt;
        std::uint64_t landing;
    };
    struct Claimant {
        int process;
        election::Revision token;
    };
    // Who took a Lease, which, and when it asked for that.
    struct Taker {
        int process;
        std::string uid;
        election::Instant askedAt;
    };
    enum class Tolerance { None, Fresh, Raised, Disorder };

    void acquired(const Call& call, const election::Landed& landed);
    void termBegan(int process, const std::string& token);
    void collect(int process, Duration now);
    void collectRemembered(Duration now);
    bool isOneProgram(int left, int right) const;
    void compare(const Claimant& left, const Claimant& right);
    Tolerance toleranceOf(const Acquisition& left, const Acquisition& right) const;
    Tolerance toleranceOf(const Root& root, const Taker& taker, const Acquisition& other) const;
    bool isBlindTo(const Acquisition& other, int process, election::Instant askedAt) const;
    Taker before(const Root& root) const;
    std::uint64_t Tally::* counterOf(Tolerance tolerance) const;
    bool disorderBetween(std::uint64_t one, std::uint64_t other) const;
    static bool isPreferred(const Member& member, const election::WriteRequest& write);
    bool mayLead(const Member& member, election::Instant now) const;
    std::string name(int process) const;

    Tally& tally_;
    Duration now_{0};
    std::vector<Member> members_;
    std::map<election::Revision, Acquisition> acquisitions_;
    std::map<std::string, Root> roots_;  // by uid
    std::set<std::pair<std::string, std::string>> tolerated_;
    std::optional<election::Revision> highestBegun_;  // since the last restore
    std::uint64_t landings_ = 0;
    std::vector<std::uint64_t> disorders_;  // serial numbers among the landings
    std::uint64_t restoredAt_ = 0;
    Duration lastRenewalLanded_{0};
    Duration lastReleaseLanded_{0};
    Duration leaderSince_{0};
    std::vector<Claimant> leading_;
    std::optional<std::string> violation_;
};

}  // namespace elector::simulation
