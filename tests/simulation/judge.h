#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "elector/election/election.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/network.h"
#include "tests/simulation/tally.h"

namespace elector::simulation {

// Judges in true time what the processes answer: S1 to S3, and what rules 1, 7, 8 and 15 say of a
// single term. It knows what landed on the API server and what each process was told; it believes
// nothing that an election says of itself.
class Judge {
  public:
    explicit Judge(Tally& tally) : tally_(tally) {}

    // A process begins, or is dead. `election` and `clock` outlive the judge.
    void joined(const election::Election& election, const DriftingClock& clock);
    void left(int process) { members_[static_cast<std::size_t>(process)].gone = true; }

    // What a process was told, before it made anything of it.
    void told(int process, const election::Event& event, election::Instant now);
    // It has made something of it.
    void stepped(int process);
    // It asks for a write: fills in what is known about that now.
    void asked(int process, Call& call, const election::Moment& now) const;
    void landed(const Call& call, const election::Landed& landed);
    // It answered whoever asked who leads.
    void answered(int process, const election::Answer& answer, election::Instant now);
    // It answered "no" although its election says it leads, and goes on so until that has heard.
    void saidNo(int process);
    void heardNo(int process) { members_[static_cast<std::size_t>(process)].withheld = false; }
    // It leaves, and answers of this term may still be on their way; or none are any more.
    void leaving(int process, const std::optional<election::Term>& term) {
        members_[static_cast<std::size_t>(process)].leaving = term;
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
    using TermKey = std::pair<std::string, std::int64_t>;  // session, acquireTime

    struct Member {
        const election::Election* election;
        const DriftingClock* clock;
        bool gone = false;
        std::string token;      // of the term last seen
        bool ended = false;     // somebody was told no since it began
        bool withheld = false;  // it says no, and its election has not heard of it
        std::optional<election::Term> leaving;
        std::optional<election::Instant> landedSentAt;  // of the latest landed write of a term
        // What it was told.
        std::optional<election::Revision> highest;
        std::unordered_set<std::string> fingerprints;
        std::unordered_map<std::string, election::Instant> believableUntil;  // by holder
        std::map<TermKey, election::Instant> termsSeen;
        std::map<std::string, election::Instant> uidsSeen;
        std::set<std::string> ownCreations;  // uids
    };
    struct Acquisition {
        int process;
        std::string uid;
        TermKey key;
        Duration lease;
        std::uint64_t Tally::* how;
        bool begun = false;
    };
    // How the first term under a uid came about.
    struct Root {
        enum class How { Fresh, Sitting, Waited };
        How how;
        int process;
        std::string previousUid;  // Sitting: that it led under
        election::Instant askedAt;
    };
    struct Claimant {
        int process;
        election::Revision token;
    };
    enum class Tolerance { None, Fresh, Raised };

    void toldOf(Member& member, const election::Lease& lease, election::Instant now, bool hint);
    void termBegan(int process, const std::string& token);
    void collect(int process, Duration now);
    void compare(const Claimant& left, const Claimant& right);
    Tolerance toleranceOf(const Acquisition& left, const Acquisition& right) const;
    bool sawTerm(const Root& root, const Acquisition& other) const;
    std::string name(int process) const;

    Tally& tally_;
    Duration now_{0};
    std::vector<Member> members_;
    std::map<election::Revision, Acquisition> acquisitions_;
    std::map<std::string, Root> roots_;  // by uid
    std::set<std::pair<std::string, std::string>> tolerated_;
    std::optional<election::Revision> highestBegun_;
    Duration lastRenewalLanded_{0};
    Duration lastReleaseLanded_{0};
    Duration leaderSince_{0};
    std::vector<Claimant> leading_;
    std::optional<std::string> violation_;
};

}  // namespace elector::simulation
