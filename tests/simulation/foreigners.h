#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/foreign_elector.h"
#include "tests/simulation/process.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {

// The electors of another make in a run. Each dies, leaves, or is cut off now and then, and comes
// back under another name.
class Foreigners {
  public:
    Foreigners(World& world, const Schedule& schedule);

    void begin();
    // All leave, and none comes back.
    void leave();

  private:
    struct Seat {
        DriftingClock clock;
        Link link;
        election::Timing timing;
        ForeignElector* elector = nullptr;  // the present or the last one
    };

    void start(Seat& seat);
    void trouble(Seat& seat);
    void strike(Seat& seat);

    World& world_;
    const Schedule& schedule_;
    bool active_ = false;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<std::unique_ptr<ForeignElector>> electors_;  // dead ones included
};

}  // namespace elector::simulation
