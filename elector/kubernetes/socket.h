#pragma once

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "elector/kubernetes/endpoint.h"
#include "elector/kubernetes/limits.h"
#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/clock.h"

namespace elector::kubernetes {

// Waits for a descriptor, but no longer than until a deadline on CLOCK_BOOTTIME, and no longer than
// until a stop is requested.
//
// Threads: one at a time; the stop may be requested by any.
class Waiter {
  public:
    using Outcome = runtime::Wake::Outcome;  // Woken: a stop was requested

    // What bounds the waits from now on, until the next call.
    void begin(const Limits& limits);

    // Until one of poll()'s `events` happens on `descriptor`. A limit that is reached outweighs a
    // descriptor that is ready, so that a peer who drips bytes cannot stretch a deadline.
    Outcome wait(int descriptor, short events) { return wake_.wait(descriptor, events, true); }

    // Whether a limit is reached already: Ready where none is.
    Outcome check() { return wake_.wait(-1, 0, false); }

  private:
    runtime::Wake wake_;
    std::optional<std::stop_callback<std::function<void()>>> onStop_;
};

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

// A client's TCP connection, plain or TLS, each of whose operations ends at a deadline at the
// latest and at once when a stop is requested. It takes the place of Poco's sockets here, whose TLS
// time-outs double, cannot be changed once connected, and let a server skip the check of its name
// by stalling the handshake.
//
// A failure is TimedOut (a limit was reached) or Unreachable (all else); after one the socket is of
// no more use but to be closed. Throws std::system_error where the process is out of descriptors.
//
// Threads: one at a time. REQUIRES: the process ignores SIGPIPE (runtime/process.h).
class Socket {
  public:
    explicit Socket(const runtime::Clock& clock) : clock_(clock) {}
    ~Socket() { close(); }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;

    // What bounds the operations from now on, connect() included.
    void setLimits(const Limits& limits);

    // Connects to the first address of `endpoint` that accepts, in time for the others to be tried,
    // and shakes hands if there is `tls`. REQUIRES: not open.
    Result<Done> connect(const Endpoint& endpoint, std::shared_ptr<const TlsContext> tls);

    Result<Done> send(std::string_view data);

    // Waits for bytes and reads at most `size` of them; 0 where the peer ended the connection in
    // due form. With TLS a connection that just breaks off is an error: anybody could cut it.
    Result<std::size_t> receive(char* buffer, std::size_t size);

    // True if the connection is open and has nothing to say: fit for another request.
    bool isQuiet();

    bool isOpen() const { return descriptor_ >= 0; }
    void close();

  private:
    Result<Done> connectTo(const SocketAddress& address, Instant until);
    Result<Done> shakeHands(const TlsContext& tls);
    Result<Done> waitFor(short events, const char* what);
    Result<Done> waitForTls(int outcome, const char* what);
    ApiError tlsFailure(int error, const char* what);
    static ApiError failure(ErrorKind kind, std::string_view what, std::string_view why);

    const runtime::Clock& clock_;
    Waiter waiter_;
    Limits limits_;
    std::string peer_;  // for sentences
    int descriptor_ = -1;
    std::shared_ptr<const TlsContext> tls_;
    TlsContext::Session session_{nullptr, &SSL_free};
};

}  // namespace elector::kubernetes
