#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <vector>

#include "elector/http/limits.h"
#include "elector/http/remote_address.h"
#include "elector/runtime/clock.h"

namespace elector::http {

class Connection;

// Whose bodies go on arriving while all of them together take more memory than they may
// (Limits::bufferedBytes): bookkeeping, no sockets.
//
// Up to the limit, all do. Beyond it, those of an address that has less than an equal share of the
// limit, and of each other address the body that began first; the bytes of the rest wait in their
// sockets. So many large bodies of one address arrive one after the other, and whoever holds
// unfinished ones delays nobody but himself. Should that exceed the limit by two bodies, because
// there are many addresses, then the one that has kept the most for the longest, in bytes by time,
// loses the body that it began last: a body that comes as fast as it can is none of those.
//
// Threads: one (the loop's).
class BodyQuota {
  public:
    explicit BodyQuota(const Limits& limits) : limits_(limits) {}

    struct Entry {
        Connection* connection = nullptr;
        RemoteAddress remote;
        runtime::Instant began;
        std::size_t bytes = 0;
        bool waits = false;
    };
    // A body's place; valid until leave().
    using Place = std::list<Entry>::iterator;

    Place enter(Connection* connection, const RemoteAddress& address, runtime::Instant now);
    void leave(Place place);

    // How much of it has arrived.
    void resize(Place place, std::size_t bytes);
    bool mayGrow(Place place) const;
    // Whose body has to be refused (the caller does, and calls leave() for it) so that the memory
    // suffices; nullptr where it does.
    Connection* toRefuse(runtime::Instant now) const;

    // The body waits until another has left.
    void wait(Place place);
    // Those of the waiting that may grow now, which then wait no longer.
    std::vector<Connection*> takeWaiting();

  private:
    struct Share {
        std::list<Entry> bodies;  // in the order in which they began
        std::size_t bytes = 0;
    };

    const Limits& limits_;
    std::map<RemoteAddress, Share> shares_;
    std::size_t bytes_ = 0;
    std::size_t waiting_ = 0;
};

}  // namespace elector::http
