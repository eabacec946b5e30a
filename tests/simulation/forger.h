#pragma once

#include <string>
#include <vector>

#include "tests/simulation/api_model.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// Somebody who may write the Lease and writes what no elector would.
class Forger {
  public:
    struct Victim {
        std::string id;
        std::string podUid;
    };

    // No duration is recorded that is longer than `longestLease`.
    Forger(Random& random, const ApiModel& api, const std::vector<Victim>& victims,
           Duration longestLease)
        : random_(random), api_(api), victims_(victims), longestLease_(longestLease) {}

    // A record, made of what is there.
    election::LeaseRecord record() const;

  private:
    election::LeaseRecord earlier(const election::LeaseRecord& otherwise) const;
    void spoilTimes(election::LeaseRecord& record) const;

    Random& random_;
    const ApiModel& api_;
    const std::vector<Victim>& victims_;
    const Duration longestLease_;
};

}  // namespace elector::simulation
