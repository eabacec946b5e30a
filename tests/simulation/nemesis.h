#pragma once

#include <cstdint>

#include "tests/simulation/api_model.h"
#include "tests/simulation/foreigners.h"
#include "tests/simulation/lifers.h"
#include "tests/simulation/population.h"
#include "tests/simulation/process.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {

// Makes the trouble of a schedule, until told to leave off.
class Nemesis {
  public:
    Nemesis(World& world, ApiModel& api, Population& population, Foreigners& foreigners,
            Lifers& lifers, const Schedule& schedule)
        : world_(world),
          api_(api),
          population_(population),
          foreigners_(foreigners),
          lifers_(lifers),
          schedule_(schedule) {}

    void begin();
    std::uint64_t strikes() const { return strikes_; }
    // Ends all trouble: ways are free, and every seat is taken again at once.
    void leaveOff();

    // Whom a leader may be asked to hand over to: another, or one that is not there.
    std::string heirOf(const Seat& leader);
    // Somebody asks it to, by an annotation on the Lease. Does nothing unless it leads.
    void askToHandOver(const Seat& leader, const std::string& to);
    // Somebody writes annotations that nobody has to obey: of another term, or another's, or odd.
    void annotateInVain();

  private:
    void strike();
    void commit(Fault fault, Seat& seat);
    void removeLease();
    void cutOff(Seat& seat);
    void coup();
    void storm();
    void refusal();
    void wallJump(Seat& seat);
    void restore();
    void forge();
    void farewell();
    void lateAnswer();
    void relay(int legs);
    void retime(Seat& seat);
    void wallStop();
    void stepDown();
    void sicken(Seat& seat);
    void handOver();
    void comeBackLater(Seat& seat);
    Seat* leadersSeat();
    Seat& victim();
    // Up to `most` lease durations, mostly short.
    Duration draw(int mostPermille);

    World& world_;
    ApiModel& api_;
    Population& population_;
    Foreigners& foreigners_;
    Lifers& lifers_;
    const Schedule& schedule_;
    std::uint64_t strikes_ = 0;
    bool active_ = false;
};

}  // namespace elector::simulation
