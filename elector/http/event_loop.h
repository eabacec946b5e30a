#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "elector/http/connection.h"
#include "elector/http/listener.h"
#include "elector/http/poller.h"
#include "elector/http/server.h"
#include "elector/http/server_context.h"

namespace elector::http {

// What a Server's thread runs: waits for sockets, gives each connection its turn, accepts, keeps
// the time limits. In each round the posted functions come first, then the connections that can
// answer, then handshakes and new connections. Each of these has a bound in time, beyond which the
// rest waits for the next round; connections and handshakes take turns by address (TurnQueue). So
// neither a storm of connections nor costly requests delay the answers to others by more than one
// round and one turn of each address.
class EventLoop {
  public:
    EventLoop(ServerOptions options, Router router, const runtime::Clock& clock,
              const runtime::Log& log);
    EventLoop(const EventLoop&) = delete;
    EventLoop& operator=(const EventLoop&) = delete;

    // Until `stop` is requested and the drain is over. Once.
    void run(const std::stop_token& stop);

    // By any thread.
    bool post(Mailbox::Function function) { return context_.mailbox->post(std::move(function)); }
    // By any thread: see Server.
    void retire();
    std::uint16_t port() const { return port_; }
    const Stats& stats() const { return context_.stats; }
    // By any thread: see Server.
    runtime::Duration busyFor() const;

  private:
    // Keys: the mailbox, then the listeners, then connections.
    static constexpr Poller::Key kMail = 0;
    static constexpr Poller::Key kFirstListener = 1;
    static constexpr Poller::Key kFirstConnection = 16;

    struct Entry {
        std::unique_ptr<Connection> connection;
        TurnQueue::Place handshake;
        std::uint32_t watched = 0;  // the poller's kRead and kWrite
    };
    using Key = Poller::Key;

    runtime::Duration patience() const;
    void round(const std::vector<Key>& ready);
    void announce(Key key);
    void runPosted(const std::vector<Mailbox::Function>& functions);
    // How many had a turn; without a limit where all of them had.
    std::size_t turnSome(TurnQueue& queue, std::size_t most, runtime::Duration limit);
    void turn(Key key);
    void settle(Entry& entry);
    void shed();
    void remove(Key key);

    void acceptFrom(const Listener& listener, std::size_t most);
    void admit(const Listener::Accepted& accepted);
    void displace(Connection& connection);
    void watchListeners(bool watch);
    void note(std::string_view what, const RemoteAddress& remote);

    void sweep();
    void drain();

    Poco::Net::Context::Ptr tls_;
    ServerContext context_;
    Poller poller_;
    std::vector<Listener> listeners_;
    std::uint16_t port_;

    std::unordered_map<Key, Entry> connections_;
    Key nextKey_ = kFirstConnection;
    TurnQueue handshakes_;  // that can go on
    std::vector<Key> readyListeners_;
    // No connection's deadline is earlier; it may be later, then the sweep finds nothing.
    runtime::Instant nextSweep_ = Connection::kNever;
    bool accepting_ = false;
    runtime::Instant acceptAgain_ = Connection::kNever;
    runtime::Instant drained_ = Connection::kNever;  // the end of the drain at the latest
    runtime::Instant nextNote_;                      // when the quota may be logged again
    // When the round under way began; kNever between two rounds.
    std::atomic<runtime::Instant> roundBegan_ = Connection::kNever;
};

}  // namespace elector::http
