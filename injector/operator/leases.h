#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>

#include "elector/election/lease.h"
#include "injector/operator/pod.h"
#include "injector/operator/reconciler.h"

namespace injector::operators {

// Sees to the Leases themselves: makes the first one, before anybody has a right to it; marks those
// of electors by the label names::kManagedByLabel, on which rules for their holders bear, and
// without which none is ever deleted; and leaves alone what others elect by.
//
// Threads: prepare() by one; the others by any.
class Leases {
  public:
    explicit Leases(Tools tools) : tools_(tools) {}

    enum class State {
        Marked,    // it is there, with the label
        Unmarked,  // it was somebody else's, who is gone: the label comes with an elector
        Missing,   // the Pods make it: it was deleted, or they have rights that are not ours
        Unclear,   // it is somebody else's; whether they are gone is not known yet
        Foreign,   // somebody else elects by it: to be left alone
    };
    struct Standing {
        State state = State::Marked;
        std::string holder;  // of a foreign one; "" for nobody at the moment
    };
    // Looks after the Lease, for which Pods campaign. `mayBeHeld`: somebody may have had rights on
    // it, so that a Lease that is missing may have a leader still.
    Result<Standing> prepare(const ObjectKey& lease, bool mayBeHeld);

    // `marked`: all Leases that have the label. Others are looked at again when next they come.
    void recall(std::set<ObjectKey> marked);
    void forget(const ObjectKey& lease);
    bool has(const ObjectKey& lease) const;

    // For how long at least a Lease that no elector made has to stay as it is, or be missing, until
    // nobody is taken to elect by it: more than it takes to start a leader anew. While its holder
    // is a Pod that lives, it may be waiting to be started anew, for minutes: that counts as well.
    static constexpr std::chrono::seconds kQuiet{60};
    // Foreign Leases that are remembered.
    static constexpr std::size_t kMaxKept = 10'000;

  private:
    struct Sighting {
        std::string fingerprint;
        elector::runtime::Instant since;
        bool isRenewed = false;
    };
    Result<Standing> create(const ObjectKey& lease);
    Result<Standing> mark(const ObjectMeta& meta);
    Result<Standing> watchOver(const ObjectMeta& meta, const elector::election::Lease& lease);
    bool mayReturn(const ObjectKey& lease);
    Result<bool> isPod(const std::string& space, const std::string& holder);
    void remember(const ObjectKey& lease);

    Tools tools_;
    std::map<ObjectKey, Sighting> foreign_;
    mutable std::mutex mutex_;
    std::set<ObjectKey> marked_;
};

}  // namespace injector::operators
