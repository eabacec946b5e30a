#pragma once

#include <Poco/Net/Context.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "elector/http/limits.h"
#include "elector/http/router.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::http {

struct ServerOptions {
    // Where to listen: an IP address (IPv6 without brackets), "localhost" for 127.0.0.1 and ::1,
    // whichever the machine has, or "" for all addresses, IPv6 and IPv4.
    std::string host;
    std::uint16_t port = 0;  // 0: one that is free
    // Where to serve the same besides: hosts and ports likewise. At most six.
    std::vector<std::pair<std::string, std::uint16_t>> others;
    // Under which names it may be asked for, besides localhost and IP literals (AllowedHosts). With
    // TLS and none given, under any: a browser that was led here by another name has found that the
    // certificate does not carry it.
    std::vector<std::string> hostNames;
    Limits limits;
    // TLS where set: its SSL_CTX serves all connections. A certificate is swapped without a
    // restart by SSL_CTX_set_cert_cb, which the owner sets; it is called in the loop.
    Poco::Net::Context::Ptr tls;
};

// What a server did since it started. Written by the loop, read by any thread.
struct Stats {
    std::atomic<std::uint64_t> connections{0};  // accepted, whatever became of them
    std::atomic<std::uint64_t> open{0};         // now
    std::atomic<std::uint64_t> requests{0};     // that reached a handler
    std::atomic<std::uint64_t> refusals{0};     // requests that were refused before a handler
    std::atomic<std::uint64_t> displaced{0};    // connections closed for newer ones (quota)
    std::atomic<std::uint64_t> shed{0};         // connections closed for the memory they took
    std::atomic<std::uint64_t> expired{0};      // connections that exceeded a time limit
    std::atomic<std::uint64_t> held{0};         // bodies that had to wait for those of others
    std::atomic<std::uint64_t> failures{0};     // handlers that threw or never answered
};

class EventLoop;

// The HTTP/1.1 server of the whole project: one thread, one event loop, plain or TLS. Peers that
// idle, drip, stall in a handshake or do not read cost a descriptor and little memory, no thread,
// and are limited in number (Quota) and time (Limits).
//
// Handlers run in the loop and must not wait; who answers later does so through a Responder.
// Threads: start() and stop() by the owner; all else by any. REQUIRES: the process ignores SIGPIPE
// (runtime/process.h): OpenSSL writes to peers that may have left.
class Server {
  public:
    // Listens from here on; answers from start() on. Throws std::runtime_error with a sentence
    // where it cannot listen. `clock` and `log` outlive the server.
    Server(ServerOptions options, Router router, const runtime::Clock& clock,
           const runtime::Log& log);
    // Stops.
    ~Server();

    void start();
    // From now on every answer is the last of its connection and says so, while all goes on being
    // served: so clients that keep connections open move to another server, and a stop() some time
    // later finds none of them in a request.
    void retire();
    // Accepts nothing more, finishes the answers under way (Limits::drain at most), ends streams,
    // closes, returns. Once.
    void stop();

    // The first one's.
    std::uint16_t port() const;
    const Stats& stats() const;
    // How long the loop has been at work since it last looked for something to do: some
    // milliseconds under any load, unless a handler waits. Zero while it has nothing to do. So
    // whether it turns can be told without waiting for it.
    runtime::Duration busyFor() const;

    // Has `function` run in the loop, between two requests. False, and it never runs, after the
    // stop.
    bool post(std::function<void()> function);
    // The same, once `when` has come.
    bool postAt(runtime::Instant when, std::function<void()> function);
    // Ready once every handler that began before this call has returned: what is decided from
    // state changed before the call is decided by the new state afterwards (a leader that said "no"
    // may release the Lease then). Ready at once after the stop. REQUIRES: start() was called.
    std::future<void> barrier();

  private:
    std::unique_ptr<EventLoop> loop_;
    std::jthread thread_;
};

}  // namespace elector::http
