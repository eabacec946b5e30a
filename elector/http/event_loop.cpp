#include "elector/http/event_loop.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "elector/http/tls_channel.h"

namespace elector::http {
namespace {

// A handshake takes 0.2 ms, an accepted connection 0.02 ms: a round's share of both is some 5 ms.
constexpr int kHandshakesPerRound = 16;
constexpr int kAcceptsPerRound = 64;
// While there are no descriptors and nothing can be closed.
constexpr std::chrono::milliseconds kAcceptPause{100};
// A stale wake-up a minute costs nothing and bounds what epoll's other clock can get wrong.
constexpr std::chrono::minutes kLongestWait{1};
constexpr std::chrono::minutes kBetweenNotes{1};

AllowedHosts hostsOf(const Poco::Net::Context::Ptr& tls, std::vector<std::string> names) {
    return tls && names.empty() ? AllowedHosts::any() : AllowedHosts(std::move(names));
}

}  // namespace

EventLoop::EventLoop(ServerOptions options, Router router, const runtime::Clock& clock,
                     const runtime::Log& log)
    : tls_(std::move(options.tls)),
      context_(options.limits, hostsOf(tls_, std::move(options.hostNames)), std::move(router),
               clock, log),
      listeners_(Listener::open(options.host, options.port)),
      port_(listeners_.front().port()),
      mail_(::fcntl(context_.mailbox->descriptor(), F_DUPFD_CLOEXEC, 0)) {
    poller_.change(mail_, 0, Poller::kRead);
    watchListeners(true);
}

void EventLoop::run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { context_.mailbox->wake(); });
    while (!context_.draining || (!connections_.empty() && context_.now < drained_)) {
        Poller::Ready ready = poller_.wait(patience());
        context_.now = context_.clock.now();
        round(std::move(ready));
        if (stop.stop_requested() && !context_.draining) {
            drain();
        }
    }
    connections_.clear();
    runPosted(context_.mailbox->close());
}

void EventLoop::retire() {
    post([this] { context_.retiring = true; });
}

runtime::Duration EventLoop::patience() const {
    if (!context_.turns.empty()) {
        return {};
    }
    const runtime::Instant next = std::min({nextSweep_, acceptAgain_, drained_});
    return std::min<runtime::Duration>(next - context_.clock.now(), kLongestWait);
}

void EventLoop::round(Poller::Ready ready) {
    if (ready.erase(mail_) > 0) {
        runPosted(context_.mailbox->take());
    }
    turnReady(ready);
    turnMarked();
    acceptFrom(ready);
    if (context_.now >= acceptAgain_) {
        watchListeners(true);
    }
    if (context_.now >= nextSweep_) {
        sweep();
    }
}

void EventLoop::runPosted(const std::vector<Mailbox::Function>& functions) {
    for (const Mailbox::Function& function : functions) {
        try {
            function();
        } catch (const std::exception& error) {
            context_.log.error("a function posted to the HTTP server failed",
                               {{"error", error.what()}});
        }
    }
}

void EventLoop::turnReady(const Poller::Ready& ready) {
    std::vector<Key> handshakes;
    for (const auto& [socket, mode] : ready) {
        const auto found = connections_.find(socket.impl());
        if (found == connections_.end()) {
            continue;
        }
        if (found->second.connection->isEstablished()) {
            turn(found->first);
        } else {
            handshakes.push_back(found->first);
        }
    }
    int left = kHandshakesPerRound;
    for (const Key key : handshakes) {
        if (left-- == 0) {
            return;  // the others' sockets are ready in the next round as well
        }
        turn(key);
    }
}

void EventLoop::turnMarked() {
    const std::vector<Key> keys = std::exchange(context_.turns, {});
    for (const Key key : keys) {
        turn(key);
    }
}

void EventLoop::turn(Key key) {
    const auto found = connections_.find(key);
    if (found != connections_.end()) {
        found->second.connection->turn();
        settle(found->second);
    }
}

// Brings the loop up to date with what a turn changed.
void EventLoop::settle(Entry& entry) {
    const Connection& connection = *entry.connection;
    if (connection.isOver()) {
        remove(connection.socket().impl());
        return;
    }
    nextSweep_ = std::min(nextSweep_, connection.deadline());
    const Connection::Interest interest = connection.interest();
    const int wanted = (interest.read ? Poller::kRead : 0) | (interest.write ? Poller::kWrite : 0);
    poller_.change(connection.socket(), entry.watched, wanted);
    entry.watched = wanted;
    if (connection.wantsTurn()) {
        context_.turns.push_back(connection.socket().impl());
    }
}

void EventLoop::remove(Key key) {
    const auto found = connections_.find(key);
    poller_.change(found->second.connection->socket(), found->second.watched, 0);
    connections_.erase(found);
}

void EventLoop::acceptFrom(const Poller::Ready& ready) {
    for (const Listener& listener : listeners_) {
        if (accepting_ && ready.contains(listener.socket())) {
            acceptFrom(listener);
        }
    }
}

void EventLoop::acceptFrom(const Listener& listener) {
    for (int left = kAcceptsPerRound; left > 0; --left) {
        const Listener::Accepted accepted = listener.accept();
        switch (accepted.outcome) {
            case Listener::Outcome::Accepted:
                admit(accepted);
                break;
            case Listener::Outcome::Nothing:
                return;
            case Listener::Outcome::OutOfResources:
                if (Connection* victim = context_.quota.leastUsed()) {
                    displace(*victim);
                    break;
                }
                context_.log.error(
                    "the HTTP server cannot accept connections for a moment: there "
                    "are no descriptors or no memory left");
                watchListeners(false);
                acceptAgain_ = context_.now + kAcceptPause;
                return;
        }
    }
}

void EventLoop::admit(const Listener::Accepted& accepted) {
    ++context_.stats.connections;
    const RemoteAddress remote(accepted.remote);
    if (Connection* victim = context_.quota.toDisplaceFor(remote)) {
        noteQuota(remote);
        displace(*victim);
    }
    try {
        std::unique_ptr<Channel> channel;
        if (tls_) {
            channel = std::make_unique<TlsChannel>(accepted.descriptor, tls_->sslContext());
        } else {
            channel = std::make_unique<PlainChannel>(accepted.descriptor);
        }
        auto connection = std::make_unique<Connection>(context_, std::move(channel), remote);
        const Key key = connection->socket().impl();
        settle(connections_.emplace(key, Entry{std::move(connection)}).first->second);
    } catch (const std::exception& error) {
        // Its descriptor is closed by whichever object owned it last.
        context_.log.error("the HTTP server cannot serve a connection", {{"error", error.what()}});
    }
}

void EventLoop::displace(Connection& connection) {
    ++context_.stats.displaced;
    remove(connection.socket().impl());
}

void EventLoop::watchListeners(bool watch) {
    for (const Listener& listener : listeners_) {
        poller_.change(listener.socket(), accepting_ ? Poller::kRead : 0,
                       watch ? Poller::kRead : 0);
    }
    accepting_ = watch;
    acceptAgain_ = Connection::kNever;
}

void EventLoop::noteQuota(const RemoteAddress& remote) {
    if (context_.now >= nextNote_) {
        nextNote_ = context_.now + kBetweenNotes;
        context_.log.warn("too many connections to the HTTP server: the least used ones make room",
                          {{"remote", remote.text()}});
    }
}

void EventLoop::sweep() {
    nextSweep_ = Connection::kNever;
    for (auto& [key, entry] : connections_) {
        const runtime::Instant deadline = entry.connection->deadline();
        if (deadline <= context_.now) {
            entry.connection->expire();  // marks a turn
        } else {
            nextSweep_ = std::min(nextSweep_, deadline);
        }
    }
}

void EventLoop::drain() {
    context_.draining = true;
    drained_ = context_.now + context_.limits.drain;
    watchListeners(false);
    listeners_.clear();
    for (auto& [key, entry] : connections_) {
        entry.connection->drain();
    }
}

}  // namespace elector::http
