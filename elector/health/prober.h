#pragma once

#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "elector/election/event.h"
#include "elector/runtime/clock.h"

// Whether the program is healthy: what the election is told (rule 17).
namespace elector::health {

using election::HealthChanged;
using runtime::Duration;
using runtime::Instant;

// Makes one verdict of many probes: so many failures in a row, or successes, change it.
class Verdict {
  public:
    Verdict(int failures, int successes) : failures_(failures), successes_(successes) {}

    // A probe failed, because of `why`, or passed. What to tell, where the verdict is another one
    // than before; at first there is none.
    std::optional<HealthChanged> count(const std::optional<std::string>& why);

  private:
    const int failures_;
    const int successes_;
    std::optional<bool> healthy_;
    bool lastPassed_ = false;
    int inARow_ = 0;
};

// Why the program is not healthy, in a few words; nothing where it is. Ends by `deadline`, or soon
// after a stop is requested.
using Probe = std::function<std::optional<std::string>(Instant deadline, std::stop_token stop)>;

struct Pace {
    Duration period;
    Duration timeout;  // of one probe
    int failures;
    int successes;
};

// Probes in a thread of its own, which nothing else waits for, and tells what has changed.
class Prober {
  public:
    using Tell = std::function<void(HealthChanged)>;

    // `tell` is called by that thread, and does not block. The clock outlives the prober. Throws
    // std::system_error where the process is out of descriptors.
    Prober(Probe probe, Pace pace, const runtime::Clock& clock, Tell tell);
    // Ends the probe that is under way.
    ~Prober();
    Prober(const Prober&) = delete;
    Prober& operator=(const Prober&) = delete;

    void start();

  private:
    void run(const std::stop_token& stop);

    const Probe probe_;
    const Pace pace_;
    const runtime::Clock& clock_;
    const Tell tell_;
    runtime::Wake pause_;
    std::jthread thread_;  // last, so that it ends before what it uses
};

}  // namespace elector::health
