#pragma once

#include <cstddef>
#include <list>
#include <map>

#include "elector/http/poller.h"
#include "elector/http/remote_address.h"

namespace elector::http {

// Who is served next: bookkeeping, no sockets. Within an address (RemoteAddress::counted) in the
// order in which connections came to have something to do, and of the addresses each in turn, so
// that one with a thousand connections delays one with a single connection by one turn.
//
// Nothing is allocated between enter() and leave(). Threads: one (the loop's).
class TurnQueue {
  private:
    struct Line;
    struct Waiter {
        Poller::Key key = 0;
        Line* line = nullptr;
        bool queued = false;
    };
    struct Line {
        const RemoteAddress* remote = nullptr;
        std::list<Waiter> resting;
        std::list<Waiter> queued;  // first come, first served
        std::list<Line*> self;     // this line, while it is not among those to be served
    };

  public:
    // A connection's place; valid until leave().
    using Place = std::list<Waiter>::iterator;

    Place enter(Poller::Key key, const RemoteAddress& remote);
    void leave(Place place);

    // The connection has something to do. Once is enough until pop() returns it.
    void push(Place place);
    // The next one. REQUIRES: not empty.
    Poller::Key pop();

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

  private:
    std::map<RemoteAddress, Line> lines_;
    std::list<Line*> served_;  // those with somebody queued, in turn
    std::size_t size_ = 0;
};

}  // namespace elector::http
