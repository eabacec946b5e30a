#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "elector/http/body_quota.h"
#include "elector/http/host.h"
#include "elector/http/known_request.h"
#include "elector/http/limits.h"
#include "elector/http/mailbox.h"
#include "elector/http/quota.h"
#include "elector/http/response_writer.h"
#include "elector/http/router.h"
#include "elector/http/stats.h"
#include "elector/http/turn_queue.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::http {

// What the connections of one server share. All of it belongs to the loop, but for the mailbox and
// the stats.
struct ServerContext {
    ServerContext(const Limits& granted, AllowedHosts names, Router routes,
                  const runtime::Clock& time, const runtime::Log& lines)
        : limits(granted),
          hosts(std::move(names)),
          router(std::move(routes)),
          clock(time),
          log(lines) {}

    const Limits limits;
    const AllowedHosts hosts;
    const Router router;
    const runtime::Clock& clock;
    const runtime::Log& log;

    std::shared_ptr<Mailbox> mailbox = std::make_shared<Mailbox>();
    Stats stats;
    Quota quota{limits};
    BodyQuota bodies{limits};
    ResponseWriter writer{clock};
    KnownRequest known;

    // When this round of the loop began: one reading of the clock for all that it does.
    runtime::Instant now;
    bool draining = false;  // the server has stopped and finishes what it owes
    bool retiring = false;  // it will be stopped soon
    std::vector<char> scratch = std::vector<char>(kScratchBytes);  // to read into
    // Connections with something to do.
    TurnQueue turns;
    // When the turn under way should come to its end.
    runtime::Instant turnEnds;

    // Every answer is the last of its connection.
    bool answersLast() const { return draining || retiring; }

    // One record of TLS.
    static constexpr std::size_t kScratchBytes = 16384;
};

}  // namespace elector::http
