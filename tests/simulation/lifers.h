#pragma once

#include <memory>
#include <vector>

#include "elector/election/election.h"
#include "tests/simulation/api_model.h"
#include "tests/simulation/drifting_clock.h"
#include "tests/simulation/network.h"
#include "tests/simulation/process.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {

// The electors of a run that hold the Lease for life, as nais/elector does, and the garbage
// collector. Each creates the Lease where there is none, owned by its Pod, and leads from then on
// until that is deleted: it renews nothing, and hears nothing. Some time later the collector
// deletes the Lease.
class Lifers {
  public:
    Lifers(World& world, ApiModel& api, const Schedule& schedule)
        : world_(world), api_(api), schedule_(schedule) {}

    void begin();
    // All of their Pods are deleted, and none comes back. The collector stays.
    void leave();
    // Somebody is about to delete the Lease by hand. Under a holder for life that is nobody's to do
    // but the collector's: its Pod is deleted before.
    void makeWay();

  private:
    struct Holder {
        election::Settings settings;
        election::Standing standing;
        DriftingClock clock;
        Link link;
        int number = 0;
        bool alive = true;
    };

    void start();
    void campaign(Holder& holder);
    void kill(Holder& holder);
    bool isHeldByTheDead() const;
    void collect();

    World& world_;
    ApiModel& api_;
    const Schedule& schedule_;
    bool active_ = false;
    std::vector<std::unique_ptr<Holder>> holders_;  // dead ones included
};

}  // namespace elector::simulation
