#pragma once

#include "tests/simulation/api_model.h"
#include "tests/simulation/population.h"
#include "tests/simulation/process.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {

// Makes the trouble of a schedule, until told to leave off.
class Nemesis {
  public:
    Nemesis(World& world, ApiModel& api, Population& population, const Schedule& schedule)
        : world_(world), api_(api), population_(population), schedule_(schedule) {}

    void begin();
    // Ends all trouble: ways are free, and every seat is taken again at once.
    void leaveOff();

  private:
    void strike();
    void commit(Fault fault, Seat& seat);
    void cutOff(Seat& seat);
    void coup();
    void storm();
    void refusal();
    void wallJump(Seat& seat);
    void comeBackLater(Seat& seat);
    Seat& victim();
    // Up to `most` lease durations, mostly short.
    Duration draw(int mostPermille);

    World& world_;
    ApiModel& api_;
    Population& population_;
    const Schedule& schedule_;
    bool active_ = false;
};

}  // namespace elector::simulation
