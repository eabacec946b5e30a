#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/simulation/process.h"
#include "tests/simulation/schedule.h"

namespace elector::simulation {

// A machine, and the Pod on it. Its processes come and go, one at a time.
struct Seat {
    Place place;
    DriftingClock clock;
    Link link;
    std::string id;
    std::string podUid;
    bool healthy = true;         // the program
    Process* process = nullptr;  // the present or the last one

    void setHealthy(bool isHealthy) {
        healthy = isHealthy;
        process->tellHealth(healthy);
    }
    bool isTaken() const { return process != nullptr && process->isAlive(); }
};

// All processes of a run, dead ones included.
class Population {
  public:
    enum class Comeback { SamePod, NewPod, NewName };

    Population(World& world, const Schedule& schedule);

    // Starts a process on a free seat. REQUIRES: !seat.isTaken(): an elector of the same Pod waits
    // for its predecessor's socket.
    void start(Seat& seat);
    void restart(Seat& seat, Comeback comeback);
    // A process with the id of `seat` on another machine. Does nothing if there are many already.
    void startTwinOf(const Seat& seat);

    const std::vector<std::unique_ptr<Seat>>& seats() const { return seats_; }
    // The seat of the process with that number; nullptr if it is a foreign elector.
    Seat* seatOf(int process);

  private:
    Seat& addSeat(const Place& place);

    World& world_;
    const Schedule& schedule_;
    std::uint64_t pods_ = 0;
    std::vector<std::unique_ptr<Seat>> seats_;
    std::vector<std::unique_ptr<Process>> processes_;
    std::unordered_map<int, Seat*> seatByProcess_;
};

}  // namespace elector::simulation
