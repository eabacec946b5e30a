#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "elector/election/action.h"
#include "elector/election/event.h"
#include "elector/election/lease.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// One Lease in an API server over etcd, with what a real one does (rules 4 and 10): one revision
// for everything, compare and swap on revision and uid, 422 for a creation of what exists, and no
// event and no new revision for a write that changes nothing.
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
    void editSpec();      // a foreign field of the spec, such as strategy

    const std::vector<Change>& changes() const { return changes_; }
    void onChange(std::function<void()> tell) { tell_ = std::move(tell); }

  private:
    void store(election::Lease lease);
    std::string fingerprintOf(const election::Lease& lease) const;

    std::uint64_t revision_;
    std::uint64_t uids_ = 0;
    std::uint64_t foreignSpec_ = 0;
    Random& random_;
    Change current_;
    std::vector<Change> changes_;
    std::function<void()> tell_;
};

// An error as a store gives it.
election::ApiError errorOf(election::ErrorKind kind);

}  // namespace elector::simulation
