#include "elector/http/server.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "elector/http/channel.h"
#include "elector/http/connection.h"
#include "elector/http/limits.h"
#include "elector/http/poller.h"
#include "elector/http/quota.h"

namespace elector::http {

// --------------------------------------------------------------------------------------- listening

// A socket that listens, non-blocking.
class Listener {
  public:
    // Opens those for `host`: an IP address (IPv6 without brackets); "localhost", which is
    // 127.0.0.1 and ::1, whichever the machine has; "" for all addresses, IPv6 and IPv4. Port 0:
    // one that is free. Throws std::runtime_error with a sentence that names the address and a
    // remedy. Connections get the buffers that `limits` names.
    static std::vector<Listener> open(const std::string& host, std::uint16_t port,
                                      const Limits& limits);

    enum class Outcome {
        Accepted,
        Nothing,         // nobody waits
        OutOfResources,  // descriptors or memory; whoever waits goes on waiting
    };
    struct Accepted {
        Outcome outcome = Outcome::Nothing;
        int descriptor = -1;  // the caller's, non-blocking
        sockaddr_storage remote = {};
    };
    Accepted accept() const;

    int descriptor() const { return socket_.impl()->sockfd(); }
    std::uint16_t port() const { return socket_.address().port(); }

  private:
    Listener(const Poco::Net::ServerSocket& socket, const Limits& limits);
    static Listener everywhere(std::uint16_t port, const Limits& limits);
    static Listener at(const std::string& host, std::uint16_t port, const Limits& limits);
    static std::vector<Listener> openAll(const std::vector<std::string>& hosts, std::uint16_t port,
                                         const Limits& limits);

    Poco::Net::ServerSocket socket_;
};

namespace {

using Poco::Net::ServerSocket;
using Poco::Net::SocketAddress;

constexpr int kBacklog = 1024;

ServerSocket bound(const SocketAddress& address, bool dualStack) {
    ServerSocket socket;
    // reusePort has to be said: left out, Poco sets SO_REUSEPORT along with SO_REUSEADDR, and a
    // second server on the same port would share it instead of being told.
    constexpr bool kReuseAddress = true;
    constexpr bool kReusePort = false;
    if (address.family() == SocketAddress::IPv6) {
        socket.bind6(address, kReuseAddress, kReusePort, !dualStack);
    } else {
        socket.bind(address, kReuseAddress, kReusePort);
    }
    return socket;
}

// The machine lacks the family (IPv6 switched off) or the address.
bool isAbsent(const Poco::Exception& error) {
    return error.code() == EAFNOSUPPORT || error.code() == EADDRNOTAVAIL;
}

std::string remedy(const Poco::Exception& error) {
    switch (error.code()) {
        case EADDRINUSE:
            return "the port is in use; stop the process that listens there or choose another port";
        case EACCES:
            return "this user may not listen on that port; choose one above 1023";
        case EADDRNOTAVAIL:
        case EAFNOSUPPORT:
            return "this machine has no such address; choose one of its own";
        default:
            return error.displayText();
    }
}

std::string addressText(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}:{}", v6 ? '[' + host + ']' : host, port);
}

}  // namespace

Listener::Listener(const ServerSocket& socket, const Limits& limits) : socket_(socket) {
    // Connections inherit them. Once set, the kernel does not enlarge them by itself.
    socket_.setReceiveBufferSize(limits.receiveBuffer);
    socket_.setSendBufferSize(limits.sendBuffer);
    socket_.listen(kBacklog);
    socket_.setBlocking(false);
    ::fcntl(socket_.impl()->sockfd(), F_SETFD, FD_CLOEXEC);
}

Listener Listener::everywhere(std::uint16_t port, const Limits& limits) {
    try {
        return {bound(SocketAddress("::", port), true), limits};
    } catch (const Poco::Exception& error) {
        if (!isAbsent(error)) {
            throw;
        }
    }
    return {bound(SocketAddress("0.0.0.0", port), false), limits};
}

Listener Listener::at(const std::string& host, std::uint16_t port, const Limits& limits) {
    return {bound(SocketAddress(host, port), false), limits};
}

std::vector<Listener> Listener::openAll(const std::vector<std::string>& hosts, std::uint16_t port,
                                        const Limits& limits) {
    std::vector<Listener> listeners;
    for (const std::string& host : hosts) {
        try {
            // Where the first one was to find a free port, the others take the same.
            listeners.push_back(
                at(host, listeners.empty() ? port : listeners.front().port(), limits));
        } catch (const Poco::Exception& error) {
            const bool last = &host == &hosts.back();
            if (!isAbsent(error) || (last && listeners.empty())) {
                throw;
            }
        }
    }
    return listeners;
}

std::vector<Listener> Listener::open(const std::string& host, std::uint16_t port,
                                     const Limits& limits) {
    // A port that is free on one address may be taken on the next: then another one is looked for.
    constexpr int kAttempts = 16;
    for (int attempt = 1;; ++attempt) {
        try {
            std::vector<Listener> listeners;
            if (host.empty()) {
                listeners.push_back(everywhere(port, limits));
            } else if (host == "localhost") {
                listeners = openAll({"127.0.0.1", "::1"}, port, limits);
            } else {
                listeners.push_back(at(host, port, limits));
            }
            return listeners;
        } catch (const Poco::Exception& error) {
            const bool another = port == 0 && error.code() == EADDRINUSE;
            if (!another || attempt == kAttempts) {
                throw std::runtime_error(
                    fmt::format("cannot listen on {}: {}", addressText(host, port), remedy(error)));
            }
        }
    }
}

Listener::Accepted Listener::accept() const {
    sockaddr_storage remote{};
    for (;;) {
        socklen_t size = sizeof remote;
        const int descriptor =
            ::accept4(socket_.impl()->sockfd(), reinterpret_cast<sockaddr*>(&remote), &size,
                      SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            const int on = 1;
            ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            return {Outcome::Accepted, descriptor, remote};
        }
        switch (errno) {
            case EAGAIN:
                return {Outcome::Nothing};
            case EINTR:
            case ECONNABORTED:
            case EPROTO:
            case ENETDOWN:
            case ENETUNREACH:
            case EHOSTDOWN:
            case EHOSTUNREACH:
                break;  // this one peer is gone: the next one
            default:    // EMFILE, ENFILE, ENOBUFS, ENOMEM; anything else must not spin either
                return {Outcome::OutOfResources};
        }
    }
}

// ---------------------------------------------------------------------------------------- the loop

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
    bool postAt(runtime::Instant when, Mailbox::Function function) {
        return post([this, when, function = std::move(function)] { due_.emplace(when, function); });
    }
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
    void run(const Mailbox::Function& function);
    void runPosted(const std::vector<Mailbox::Function>& functions);
    void runDue();
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
    std::multimap<runtime::Instant, Mailbox::Function> due_;  // by when
    // No connection's deadline is earlier; it may be later, then the sweep finds nothing.
    runtime::Instant nextSweep_ = Connection::kNever;
    bool accepting_ = false;
    runtime::Instant acceptAgain_ = Connection::kNever;
    runtime::Instant drained_ = Connection::kNever;  // the end of the drain at the latest
    runtime::Instant nextNote_;                      // when the quota may be logged again
    // When the round under way began; kNever between two rounds.
    std::atomic<runtime::Instant> roundBegan_ = Connection::kNever;
};

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
    for (const auto& [host, port] : options.others) {
        std::ranges::move(Listener::open(host, port, options.limits),
                          std::back_inserter(listeners_));
    }
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
    const runtime::Instant nextDue = due_.empty() ? Connection::kNever : due_.begin()->first;
    const runtime::Instant next = std::min({nextSweep_, acceptAgain_, drained_, nextDue});
    return std::min<runtime::Duration>(next - context_.clock.now(), kLongestWait);
}

void EventLoop::round(const std::vector<Key>& ready) {
    readyListeners_.clear();
    for (const Key key : ready) {
        announce(key);
    }
    runDue();
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

void EventLoop::run(const Mailbox::Function& function) {
    try {
        function();
    } catch (const std::exception& error) {
        context_.log.error("a function posted to the HTTP server failed",
                           {{"error", error.what()}});
    }
}

void EventLoop::runPosted(const std::vector<Mailbox::Function>& functions) {
    for (const Mailbox::Function& function : functions) {
        run(function);
    }
}

void EventLoop::runDue() {
    while (!due_.empty() && due_.begin()->first <= context_.now) {
        run(due_.extract(due_.begin()).mapped());
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

// -------------------------------------------------------------------------------------- the server

Server::Server(ServerOptions options, Router router, const runtime::Clock& clock,
               const runtime::Log& log)
    : loop_(std::make_unique<EventLoop>(std::move(options), std::move(router), clock, log)) {}

Server::~Server() {
    stop();
}

void Server::start() {
    thread_ = std::jthread([this](const std::stop_token& stop) { loop_->run(stop); });
}

void Server::retire() {
    loop_->retire();
}

void Server::stop() {
    if (thread_.joinable()) {
        thread_.request_stop();
        thread_.join();
    }
}

std::uint16_t Server::port() const {
    return loop_->port();
}

const Stats& Server::stats() const {
    return loop_->stats();
}

runtime::Duration Server::busyFor() const {
    return loop_->busyFor();
}

bool Server::post(std::function<void()> function) {
    return loop_->post(std::move(function));
}

bool Server::postAt(runtime::Instant when, std::function<void()> function) {
    return loop_->postAt(when, std::move(function));
}

std::future<void> Server::barrier() {
    auto passed = std::make_shared<std::promise<void>>();
    if (!post([passed] { passed->set_value(); })) {
        passed->set_value();
    }
    return passed->get_future();
}

}  // namespace elector::http
