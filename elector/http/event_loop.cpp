#include "elector/http/event_loop.h"

#include <algorithm>
#include <exception>
#include <limits>
#include <utility>

#include "elector/http/tls_channel.h"

namespace elector::http {
namespace {

// A round's shares. A handshake takes 0.2 ms, an accepted connection 0.02 ms.
constexpr std::chrono::milliseconds kTurnsPerRound{4};
constexpr std::chrono::milliseconds kHandshakesTime{5};
constexpr std::size_t kHandshakesPerRound = 16;
constexpr std::size_t kAcceptsPerRound = 64;
constexpr std::size_t kFewestAccepts = 1;
constexpr std::size_t kAll = std::numeric_limits<std::size_t>::max();
// After which a connection's turn begins no further request.
constexpr std::chrono::milliseconds kTurn{1};
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
      listeners_(Listener::open(options.host, options.port, options.limits)),
      port_(listeners_.front().port()) {
    poller_.change(context_.mailbox->descriptor(), kMail, 0, Poller::kRead);
    watchListeners(true);
}

void EventLoop::run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { context_.mailbox->wake(); });
    while (!context_.draining || (!connections_.empty() && context_.now < drained_)) {
        const std::vector<Key>& ready = poller_.wait(patience());
        context_.now = context_.clock.now();
        roundBegan_.store(context_.now, std::memory_order_relaxed);
        round(ready);
        roundBegan_.store(Connection::kNever, std::memory_order_relaxed);
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

runtime::Duration EventLoop::busyFor() const {
    const runtime::Instant began = roundBegan_.load(std::memory_order_relaxed);
    return began == Connection::kNever ? runtime::Duration() : context_.clock.now() - began;
}

runtime::Duration EventLoop::patience() const {
    if (!context_.turns.empty() || !handshakes_.empty()) {
        return {};
    }
    const runtime::Instant next = std::min({nextSweep_, acceptAgain_, drained_});
    return std::min<runtime::Duration>(next - context_.clock.now(), kLongestWait);
}

void EventLoop::round(const std::vector<Key>& ready) {
    readyListeners_.clear();
    for (const Key key : ready) {
        announce(key);
    }
    // While some wait for their turn, no more come in than had theirs: else a flood of newcomers,
    // each from an address of its own, would displace each other before anybody is heard.
    const std::size_t served =
        std::min(turnSome(context_.turns, context_.turns.size(), kTurnsPerRound),
                 turnSome(handshakes_, kHandshakesPerRound, kHandshakesTime));
    for (const Key key : readyListeners_) {
        if (accepting_) {
            acceptFrom(listeners_.at(key - kFirstListener),
                       std::clamp(served, kFewestAccepts, kAcceptsPerRound));
        }
    }
    if (context_.now >= acceptAgain_) {
        watchListeners(true);
    }
    if (context_.now >= nextSweep_) {
        sweep();
    }
}

// Whatever `key` stands for has something to do.
void EventLoop::announce(Key key) {
    if (key == kMail) {
        runPosted(context_.mailbox->take());
        return;
    }
    if (key < kFirstConnection) {
        readyListeners_.push_back(key);
        return;
    }
    const auto found = connections_.find(key);
    if (found == connections_.end()) {
        return;
    }
    if (found->second.connection->isEstablished()) {
        found->second.connection->markTurn();
    } else {
        handshakes_.push(found->second.handshake);
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

// Those of `queue` that are in it now: `most` of them, or as many as fit into `limit`.
std::size_t EventLoop::turnSome(TurnQueue& queue, std::size_t most, runtime::Duration limit) {
    const std::size_t waiting = queue.size();
    if (waiting == 0) {
        return kAll;
    }
    std::size_t turned = 0;
    runtime::Instant clock = context_.clock.now();
    const runtime::Instant end = clock + limit;
    for (; turned < std::min(waiting, most) && !queue.empty() && clock < end; ++turned) {
        context_.turnEnds = clock + kTurn;
        turn(queue.pop());
        clock = context_.clock.now();
    }
    return turned == waiting ? kAll : turned;
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
    Connection& connection = *entry.connection;
    if (connection.isOver()) {
        remove(connection.key());
        return;
    }
    nextSweep_ = std::min(nextSweep_, connection.deadline());
    const std::uint32_t wanted = connection.interest();
    poller_.change(connection.descriptor(), connection.key(), entry.watched, wanted);
    entry.watched = wanted;
    if (connection.wantsTurn()) {
        connection.markTurn();
    }
    connection.charge(false);
    shed();
}

// Closes connections until the memory suffices. What each takes is looked at once more before:
// much of what it was sent may have arrived meanwhile.
void EventLoop::shed() {
    while (Connection* most = context_.quota.toShed()) {
        most->charge(true);
        if (context_.quota.toShed() != most) {
            continue;
        }
        note(
            "the connections to the HTTP server take too much memory: those of the address that "
            "takes the most are closed",
            most->remote());
        ++context_.stats.shed;
        most->abandon();
        remove(most->key());
    }
}

void EventLoop::remove(Key key) {
    const auto found = connections_.find(key);
    const Entry& entry = found->second;
    poller_.change(entry.connection->descriptor(), key, entry.watched, 0);
    handshakes_.leave(entry.handshake);
    connections_.erase(found);
}

void EventLoop::acceptFrom(const Listener& listener, std::size_t most) {
    for (std::size_t left = most; left > 0; --left) {
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
        note("too many connections to the HTTP server: the least used ones make room", remote);
        displace(*victim);
    }
    try {
        std::unique_ptr<Channel> channel;
        if (tls_) {
            channel = std::make_unique<TlsChannel>(accepted.descriptor, tls_->sslContext());
        } else {
            channel = std::make_unique<PlainChannel>(accepted.descriptor);
        }
        const Key key = nextKey_++;
        auto connection = std::make_unique<Connection>(context_, std::move(channel), remote, key);
        const auto handshake = handshakes_.enter(key, remote);
        settle(connections_.emplace(key, Entry{std::move(connection), handshake}).first->second);
    } catch (const std::exception& error) {
        // Its descriptor is closed by whichever object owned it last.
        context_.log.error("the HTTP server cannot serve a connection", {{"error", error.what()}});
    }
}

void EventLoop::displace(Connection& connection) {
    ++context_.stats.displaced;
    connection.abandon();
    remove(connection.key());
}

void EventLoop::watchListeners(bool watch) {
    Key key = kFirstListener;
    for (const Listener& listener : listeners_) {
        poller_.change(listener.descriptor(), key++, accepting_ ? Poller::kRead : 0,
                       watch ? Poller::kRead : 0);
    }
    accepting_ = watch;
    acceptAgain_ = Connection::kNever;
}

void EventLoop::note(std::string_view what, const RemoteAddress& remote) {
    if (context_.now >= nextNote_) {
        nextNote_ = context_.now + kBetweenNotes;
        context_.log.warn(what, {{"remote", remote.text()}});
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
