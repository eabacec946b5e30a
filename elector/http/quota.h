#pragma once

#include <cstddef>
#include <list>
#include <map>
#include <optional>

#include "elector/http/limits.h"
#include "elector/http/remote_address.h"

namespace elector::http {

class Connection;

// Who may have how many connections, and how much memory for them: bookkeeping, no sockets.
// Addresses are counted as RemoteAddress::counted() says.
//
// Where a quota is full, a new connection takes the place of the one that was not used for the
// longest time: of the same address, if that has its full share, else of the whole class (loopback
// or network). So whoever hoards connections, idle or dripping, loses them to newcomers, and a
// probe, which connects, asks and leaves, always gets in. Connections that wait for a later answer
// or are streams are not taken away; they may hold half of a quota at most, so that there is always
// one to displace. REQUIRES: no limit is 0.
//
// Where all connections together take more than Limits::memoryBytes, the one that takes the most of
// the address that takes the most is closed; the loopback and the network may count on half each.
//
// Threads: one (the loop's).
class Quota {
  public:
    explicit Quota(const Limits& limits) : limits_(limits) {}

    struct Entry {
        Connection* connection = nullptr;
        RemoteAddress remote;
        bool held = false;
        std::size_t bytes = 0;
    };
    // A connection's place; valid until leave().
    using Place = std::list<Entry>::iterator;

    // Who has to be closed first (the caller does, and calls leave() for it) so that there is room
    // for a connection from `remote`; nullptr where there is room already.
    Connection* toDisplaceFor(const RemoteAddress& address);

    Place enter(Connection* connection, const RemoteAddress& address);
    void leave(Place place);

    // The connection has just been of use.
    void touch(Place place);
    // The connection is to be kept for a later answer or a stream; false where too many are.
    bool hold(Place place);
    void release(Place place);

    // The connection takes so much memory now.
    void charge(Place place, std::size_t bytes);
    // Who has to be closed so that the memory suffices; nullptr where it does. Repeat until then.
    Connection* toShed() const;

    // The connection to close where descriptors have run out; nullptr where there is none. Of the
    // network first.
    Connection* leastUsed();

    std::size_t size() const { return loopback_.entries.size() + network_.entries.size(); }

  private:
    struct Count {
        std::size_t all = 0;
        std::size_t held = 0;
        std::size_t bytes = 0;
    };
    struct Class {
        std::list<Entry> entries;  // least recently used first
        std::size_t held = 0;
        std::size_t bytes = 0;
    };
    Class& classOf(const RemoteAddress& remote) {
        return remote.isLoopback() ? loopback_ : network_;
    }
    static Connection* leastUsedOf(const Class& all, const RemoteAddress* remote);

    const Limits& limits_;
    Class loopback_;
    Class network_;
    std::map<RemoteAddress, Count> remotes_;  // of the network
};

}  // namespace elector::http
