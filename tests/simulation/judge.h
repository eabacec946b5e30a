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
        std::string token;                              // of the term last seen
        bool ended = false;                             // it was over at some instant
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
    enum class Tolerance { None, Fresh, Raised };

    void toldOf(Member& member, const election::Lease& lease, election::Instant now, bool hint);
    void termBegan(int process, const std::string& token);
    void compare(int left, int right);
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
    std::vector<int> leading_;
    std::optional<std::string> violation_;
};

}  // namespace elector::simulation
