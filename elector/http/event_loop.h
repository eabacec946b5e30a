#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
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
// answer, then handshakes and new connections, of which a round takes a few only: so a storm of
// them does not delay the answers to others.
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

  private:
    struct Entry {
        std::unique_ptr<Connection> connection;
        int watched = 0;  // the poller's modes
    };
    using Key = const Poco::Net::SocketImpl*;

    runtime::Duration patience() const;
    void round(Poller::Ready ready);
    void runPosted(const std::vector<Mailbox::Function>& functions);
    void turnReady(const Poller::Ready& ready);
    void turnMarked();
    void turn(Key key);
    void settle(Entry& entry);
    void remove(Key key);

    void acceptFrom(const Poller::Ready& ready);
    void acceptFrom(const Listener& listener);
    void admit(const Listener::Accepted& accepted);
    void displace(Connection& connection);
    void watchListeners(bool watch);
    void noteQuota(const RemoteAddress& remote);

    void sweep();
    void drain();

    Poco::Net::Context::Ptr tls_;
    ServerContext context_;
    Poller poller_;
    std::vector<Listener> listeners_;
    std::uint16_t port_;
    DescriptorSocket mail_;

    std::unordered_map<Key, Entry> connections_;
    // No connection's deadline is earlier; it may be later, then the sweep finds nothing.
    runtime::Instant nextSweep_ = Connection::kNever;
    bool accepting_ = false;
    runtime::Instant acceptAgain_ = Connection::kNever;
    runtime::Instant drained_ = Connection::kNever;  // the end of the drain at the latest
    runtime::Instant nextNote_;                      // when the quota may be logged again
};

}  // namespace elector::http
