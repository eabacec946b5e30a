#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "elector/http/limits.h"
#include "elector/http/poller.h"
#include "elector/runtime/clock.h"

namespace elector::http {

// The address of a peer without its port: IPv6, or IPv4 in its mapped form. A value.
class RemoteAddress {
  public:
    // REQUIRES: AF_INET or AF_INET6 (anything else counts as ::).
    explicit RemoteAddress(const sockaddr_storage& address);

    bool isLoopback() const;
    // Whom quotas count: the address, but of IPv6 its network of 64 bits, since whoever has one
    // address of it has, as a rule, all of them. The loopback's stays what it is.
    RemoteAddress counted() const;
    std::string text() const;

    auto operator<=>(const RemoteAddress&) const = default;

  private:
    bool isMappedV4() const;
    std::array<std::uint8_t, 16> bytes_{};
};

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
