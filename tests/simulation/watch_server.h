#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>

#include "elector/election/event.h"
#include "tests/simulation/api_model.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/network.h"
#include "tests/simulation/random.h"

namespace elector::simulation {

// The API server's watches: each shows every change in order, after a delay; some show old ones
// again, some fall silent.
class WatchServer {
  public:
    using Show = std::function<void(const election::Event&)>;

    WatchServer(EventQueue& queue, ApiModel& api, Network& network, Random& random);

    // Shows the changes from `place` on; sometimes earlier ones, from a cache that lags.
    std::uint64_t open(const Link& link, std::size_t place, Show show);
    void close(std::uint64_t stream) { streams_.erase(stream); }

    void silence(std::uint64_t stream);
    // Shows the last changes again.
    void replay(std::uint64_t stream);
    void setStaleness(int permille) { staleness_ = permille; }

  private:
    struct Stream {
        const Link* link;
        std::size_t next;
        Duration shownUntil{0};
        bool silent = false;
        Show show;
    };

    void pump();
    void pump(std::uint64_t id, Stream& stream);

    EventQueue& queue_;
    ApiModel& api_;
    Network& network_;
    Random& random_;
    int staleness_ = 0;
    std::uint64_t lastId_ = 0;
    std::map<std::uint64_t, Stream> streams_;
};

}  // namespace elector::simulation
