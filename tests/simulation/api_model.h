#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "elector/election/action.h"
#include "elector/election/event.h"
#include "elector/election/lease.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// One Lease in an API server over etcd, with what a real one does (rules 4 and 10): one revision
// for everything, compare and swap on revision and uid, 422 for a creation of what exists, a
// creation by an update without uid of what is gone, and no event and no new revision for a write
// that changes nothing.
class ApiModel {
  public:
    // A change of the Lease, or its deletion (no lease), as a watch shows it.
    using Change = std::shared_ptr<const election::Lease>;
    using Answer = std::variant<election::Landed, election::ApiError>;

    ApiModel(std::uint64_t firstRevision, Random& random)
        : revision_(firstRevision), random_(random) {}

    std::optional<election::Lease> read() const;
    Answer write(const election::WriteRequest& request);

    // By hand. Each does nothing where there is no Lease.
    void remove();
    void editMetadata();  // a label: a new revision, and nothing that an election counts
    // Annotations that electors know: metadata, too.
    void annotate(const std::string& preferredHolder, const election::HandOver& handOver);
    void editSpec();  // a foreign field of the spec, such as strategy
    // By somebody with write access, over whatever is there, or in its absence.
    void forge(const election::LeaseRecord& record);
    // Etcd goes back to one of its last states, and gives the revisions since then once more. No
    // watch shows it. Does nothing where there is no earlier state.
    void restore();
    // True if the last write that landed was based on another version than the one it replaced:
    // after restore() two versions can have one revision.
    bool isConfused() const { return confused_; }

    const std::vector<Change>& changes() const { return changes_; }
    void onChange(std::function<void()> tell) { tell_ = std::move(tell); }

  private:
    Answer create(const election::LeaseRecord& record);
    void store(election::Lease lease);
    std::uint64_t nextRevision(const election::LeaseRecord& record);
    std::string fingerprintOf(const election::Lease& lease) const;

    std::uint64_t revision_;
    std::uint64_t uids_ = 0;
    std::uint64_t versions_ = 0;
    bool restored_ = false;
    bool confused_ = false;
    // Of the acquiring writes: the same number never stands for two terms, so that the judge can
    // tell terms by it.
    std::set<std::uint64_t> tokens_;
    std::uint64_t foreignSpec_ = 0;
    Random& random_;
    Change current_;
    std::vector<Change> changes_;
    std::vector<std::uint64_t> revisionsAt_;  // of the changes
    std::function<void()> tell_;
};

// An error as a store gives it.
election::ApiError errorOf(election::ErrorKind kind);

}  // namespace elector::simulation
