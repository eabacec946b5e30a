#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "elector/campaign/feed.h"
#include "elector/election/leadership.h"
#include "elector/http/metrics.h"
#include "elector/kubernetes/endpoint.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "elector/status_api.h"

namespace elector {

// Tells who leads by something that may block for as long as it likes, as a disk or another program
// does: in a thread of its own, which nobody waits for. It tells the newest state; of the renewals
// only those of this process, since each has a later deadline. What could not be told is tried
// again, after 100 ms at first and 5 s at last, and at once where something has changed.
//
// Trouble is logged once, when it begins and when it ends, and counted.
//
// Threads: its own; trouble() and measure() by any.
class Teller {
  public:
    struct State {
        election::Answer answer;
        std::string json;  // with a line feed
    };
    // Tells it, or says in a sentence why it cannot. Where a stop is requested it should return
    // soon; where it cannot, it is left behind with its thread, so that it may use only what it
    // owns.
    using Tell =
        std::function<std::optional<std::string>(const State& state, const std::stop_token& stop)>;
    struct Way {
        std::string flag;  // by which it was asked for, for logs and metrics
        Tell tell;
        // Called once that is told, by the thread; null for nothing. It may not wait.
        std::function<void(const election::Answer&)> told;
    };

    // What it tells of, and where it says how that goes. All of it outlives the teller.
    struct Surroundings {
        campaign::Feed& feed;
        const StatusSource& source;
        const runtime::Clock& clock;
        const runtime::Log& log;
        http::Metrics& metrics;
    };

    // How long the destructor waits for the last state to be told, and for as long again for a
    // stop to be heeded.
    static constexpr election::Duration kLastWords = std::chrono::seconds(1);

    // Throws std::system_error where the process is out of descriptors or threads.
    Teller(Way way, const Surroundings& around);
    ~Teller();
    Teller(const Teller&) = delete;
    Teller& operator=(const Teller&) = delete;

    // Why the newest state is not told, in one line; nothing while it is, or may soon be.
    std::optional<std::string> trouble() const;
    // Sets the metrics that change with time.
    void measure() const;

  private:
    struct Shared;

    std::shared_ptr<Shared> shared_;  // with the thread, should it be left behind
    std::unique_ptr<campaign::Feed::Subscription> subscription_;
    std::thread thread_;
};

// Keeps in `folder`, for whoever reads files (docs/push.md): state.json, the state; and only while
// this process leads, `leader`, with the token and the deadline.
Teller::Tell statusFolder(std::string folder);

// POSTs the state to `target`, each on a connection of its own, which has 2 s to answer with a
// status from 200 to 299. Throws std::runtime_error where no TLS can be spoken.
Teller::Tell callback(kubernetes::Endpoint target);

}  // namespace elector
