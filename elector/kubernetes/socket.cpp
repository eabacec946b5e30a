#include "elector/kubernetes/socket.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

// ----------------------------------------------------------------------------------------- waiting

void Waiter::begin(const Limits& limits) {
    onStop_.reset();
    wake_.clear();
    wake_.setAlarm(limits.deadline == Instant::max() ? std::nullopt
                                                     : std::optional(limits.deadline));
    onStop_.emplace(limits.stop, [this] { wake_.wake(); });
}

// ------------------------------------------------------------------------------------------ socket

namespace {

// A watch may be silent for a minute; a server that died without a word is noticed after about 25
// seconds all the same, and one that does not take what was sent after 20.
constexpr int kKeepAliveIdleSeconds = 10;
constexpr int kKeepAliveIntervalSeconds = 5;
constexpr int kKeepAliveProbes = 3;
constexpr int kUserTimeoutMs = 20'000;

std::string textOf(int problem) {
    return std::generic_category().message(problem);
}

void setOption(int descriptor, int level, int option, int value) {
    setsockopt(descriptor, level, option, &value, sizeof value);
}

void setOptions(int descriptor) {
    setOption(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
    setOption(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
    setOption(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, kKeepAliveIdleSeconds);
    setOption(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, kKeepAliveIntervalSeconds);
    setOption(descriptor, IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveProbes);
    setOption(descriptor, IPPROTO_TCP, TCP_USER_TIMEOUT, kUserTimeoutMs);
}

int clampedSize(std::size_t size) {
    return static_cast<int>(
        std::min(size, static_cast<std::size_t>(std::numeric_limits<int>::max())));
}

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

// --------------------------------------------------------------------------------- looking up

constexpr std::size_t kMaxAddresses = 4;
constexpr int kMaxLookups = 4;  // at a time, in a process

struct Answer {
    int code = EAI_AGAIN;
    std::vector<SocketAddress> addresses;
};

// Shared by the thread that looks up and the one that waits, either of which may end first.
class Lookup {
  public:
    int descriptor() const { return done_.descriptor(); }

    void finish(Answer answer) {
        {
            const std::lock_guard lock(mutex_);
            answer_ = std::move(answer);
        }
        done_.wake();
    }

    Answer answer() {
        const std::lock_guard lock(mutex_);
        return answer_;
    }

  private:
    runtime::Wake done_;
    std::mutex mutex_;
    Answer answer_;
};

std::atomic<int> lookupsRunning{0};

Answer lookUp(const std::string& host, const std::string& port, int flags) {
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = flags;
    addrinfo* found = nullptr;
    Answer answer;
    answer.code = getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
    for (const addrinfo* entry = found;
         answer.code == 0 && entry != nullptr && answer.addresses.size() < kMaxAddresses;
         entry = entry->ai_next) {
        SocketAddress address;
        std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
        address.length = entry->ai_addrlen;
        answer.addresses.push_back(address);
    }
    return answer;
}

ApiError failed(const std::string& host, const char* why) {
    return {ErrorKind::Unreachable, 0, std::nullopt,
            fmt::format("cannot look up the host \"{}\": {}", runtime::quoted(host), why)};
}

bool startLookup(const std::shared_ptr<Lookup>& lookup, const std::string& host,
                 const std::string& port) {
    if (lookupsRunning.fetch_add(1) >= kMaxLookups) {
        lookupsRunning.fetch_sub(1);
        return false;
    }
    try {
        std::thread([lookup, host, port] {
            lookup->finish(lookUp(host, port, AI_NUMERICSERV));
            lookupsRunning.fetch_sub(1);
        }).detach();
    } catch (const std::system_error&) {
        lookupsRunning.fetch_sub(1);
        return false;
    }
    return true;
}

// The addresses of `endpoint`, in the order to try them, at most kMaxAddresses. An IP address, as
// it is inside a cluster, needs no look-up. A name is looked up by a thread of its own, because
// getaddrinfo() can be neither bounded nor aborted: when a limit of `waiter` is reached, the thread
// is left to end by itself.
Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, Waiter& waiter) {
    const std::string port = std::to_string(endpoint.port);
    Answer answer = lookUp(endpoint.host, port, AI_NUMERICSERV | AI_NUMERICHOST);
    if (answer.code == EAI_NONAME) {
        std::shared_ptr<Lookup> lookup;
        try {
            lookup = std::make_shared<Lookup>();
        } catch (const std::system_error&) {
            return failed(endpoint.host, "no file descriptors are left");
        }
        if (!startLookup(lookup, endpoint.host, port)) {
            return failed(endpoint.host, "earlier look-ups hang still");
        }
        if (waiter.wait(lookup->descriptor(), POLLIN) != Waiter::Outcome::Ready) {
            auto error = failed(endpoint.host, "no answer in time");
            error.kind = ErrorKind::TimedOut;
            return error;
        }
        answer = lookup->answer();
    }
    if (answer.code != 0) {
        return failed(endpoint.host, gai_strerror(answer.code));
    }
    return std::move(answer.addresses);
}

}  // namespace

void Socket::setLimits(const Limits& limits) {
    limits_ = limits;
    waiter_.begin(limits);
}

Result<Done> Socket::connect(const Endpoint& endpoint, std::shared_ptr<const TlsContext> tls) {
    peer_ = endpoint.authority();
    const auto addresses = resolve(endpoint, waiter_);
    if (!addresses) {
        return addresses.error();
    }
    auto remaining = static_cast<int>(addresses.value().size());
    Result<Done> outcome = failure(ErrorKind::Unreachable, "cannot connect", "it has no address");
    for (const auto& address : addresses.value()) {
        const Instant now = clock_.now();
        outcome = connectTo(address, limits_.deadline == Instant::max()
                                         ? limits_.deadline
                                         : now + (limits_.deadline - now) / remaining);
        --remaining;
        waiter_.begin(limits_);
        if (outcome || waiter_.check() != Waiter::Outcome::Ready) {
            break;
        }
        close();
    }
    if (outcome && tls != nullptr) {
        tls_ = std::move(tls);
        outcome = shakeHands(*tls_);
    }
    if (!outcome) {
        close();
    }
    return outcome;
}

Result<Done> Socket::connectTo(const SocketAddress& address, Instant until) {
    descriptor_ =
        socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
    if (descriptor_ < 0) {
        return failure(ErrorKind::Unreachable, "cannot connect", textOf(errno));
    }
    setOptions(descriptor_);
    waiter_.begin({until, limits_.stop});
    const auto* target = reinterpret_cast<const sockaddr*>(&address.storage);
    if (::connect(descriptor_, target, address.length) == 0) {
        return Done();
    }
    if (errno != EINPROGRESS) {
        return failure(ErrorKind::Unreachable, "cannot connect", textOf(errno));
    }
    if (auto ready = waitFor(POLLOUT, "connecting"); !ready) {
        return ready;
    }
    int problem = 0;
    socklen_t size = sizeof problem;
    getsockopt(descriptor_, SOL_SOCKET, SO_ERROR, &problem, &size);
    if (problem != 0) {
        return failure(ErrorKind::Unreachable, "cannot connect", textOf(problem));
    }
    return Done();
}

Result<Done> Socket::shakeHands(const TlsContext& tls) {
    session_ = tls.newSession();
    if (SSL_set_fd(session_.get(), descriptor_) != 1) {
        return failure(ErrorKind::Unreachable, "the TLS handshake", takeTlsErrors());
    }
    for (;;) {
        ERR_clear_error();
        const int outcome = SSL_do_handshake(session_.get());
        if (outcome == 1) {
            return Done();
        }
        if (auto ready = waitForTls(outcome, "the TLS handshake"); !ready) {
            return ready;
        }
    }
}

Result<Done> Socket::send(std::string_view data) {
    while (!data.empty()) {
        if (session_) {
            ERR_clear_error();
            const int sent = SSL_write(session_.get(), data.data(), clampedSize(data.size()));
            if (sent > 0) {
                data.remove_prefix(static_cast<std::size_t>(sent));
            } else if (auto ready = waitForTls(sent, "sending"); !ready) {
                return ready;
            }
            continue;
        }
        const auto sent = ::send(descriptor_, data.data(), data.size(), 0);
        if (sent >= 0) {
            data.remove_prefix(static_cast<std::size_t>(sent));
        } else if (!wouldBlock()) {
            return failure(ErrorKind::Unreachable, "sending", textOf(errno));
        } else if (auto ready = waitFor(POLLOUT, "sending"); !ready) {
            return ready;
        }
    }
    return Done();
}

Result<std::size_t> Socket::receive(char* buffer, std::size_t size) {
    constexpr const char* kWhat = "waiting for the answer";
    for (;;) {
        // Asked each time, so that a peer who never lets us wait cannot stretch a deadline.
        if (const auto limit = waiter_.check(); limit != Waiter::Outcome::Ready) {
            return failure(ErrorKind::TimedOut, kWhat,
                           limit == Waiter::Outcome::Woken ? "stopped" : "timed out");
        }
        if (session_) {
            ERR_clear_error();
            const int got = SSL_read(session_.get(), buffer, clampedSize(size));
            if (got > 0) {
                return static_cast<std::size_t>(got);
            }
            if (SSL_get_error(session_.get(), got) == SSL_ERROR_ZERO_RETURN) {
                return std::size_t{0};
            }
            if (auto ready = waitForTls(got, kWhat); !ready) {
                return std::move(ready).error();
            }
            continue;
        }
        const auto got = recv(descriptor_, buffer, size, 0);
        if (got >= 0) {
            return static_cast<std::size_t>(got);
        }
        if (!wouldBlock()) {
            return failure(ErrorKind::Unreachable, kWhat, textOf(errno));
        }
        if (auto ready = waitFor(POLLIN, kWhat); !ready) {
            return std::move(ready).error();
        }
    }
}

bool Socket::isQuiet() {
    if (!isOpen()) {
        return false;
    }
    char byte = 0;
    if (session_) {
        ERR_clear_error();
        const int got = SSL_peek(session_.get(), &byte, 1);
        return got <= 0 && SSL_get_error(session_.get(), got) == SSL_ERROR_WANT_READ;
    }
    return recv(descriptor_, &byte, 1, MSG_PEEK) < 0 && wouldBlock();
}

void Socket::close() {
    session_.reset();
    tls_.reset();
    if (isOpen()) {
        ::close(descriptor_);
        descriptor_ = -1;
    }
}

Result<Done> Socket::waitFor(short events, const char* what) {
    switch (waiter_.wait(descriptor_, events)) {
        case Waiter::Outcome::Ready:
            return Done();
        case Waiter::Outcome::TimedOut:
            return failure(ErrorKind::TimedOut, what, "timed out");
        case Waiter::Outcome::Woken:
            return failure(ErrorKind::TimedOut, what, "stopped");
    }
    return Done();
}

Result<Done> Socket::waitForTls(int outcome, const char* what) {
    const int problem = errno;
    const int error = SSL_get_error(session_.get(), outcome);
    if (error == SSL_ERROR_WANT_READ) {
        return waitFor(POLLIN, what);
    }
    if (error == SSL_ERROR_WANT_WRITE) {
        return waitFor(POLLOUT, what);
    }
    errno = problem;
    return tlsFailure(error, what);
}

ApiError Socket::tlsFailure(int error, const char* what) {
    const auto verdict = SSL_get_verify_result(session_.get());
    if (verdict != X509_V_OK && SSL_get_verify_mode(session_.get()) != SSL_VERIFY_NONE) {
        takeTlsErrors();
        const bool isOfAnother =
            verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
        return failure(
            ErrorKind::Unreachable, "its certificate is not accepted",
            isOfAnother ? fmt::format("{}: none of its subject alternative names is {}",
                                      X509_verify_cert_error_string(verdict),
                                      runtime::quoted(tls_ != nullptr ? tls_->peerName() : peer_))
                        : X509_verify_cert_error_string(verdict));
    }
    if (error == SSL_ERROR_SYSCALL && errno != 0) {
        return failure(ErrorKind::Unreachable, what, textOf(errno));
    }
    const auto why = takeTlsErrors();
    return failure(ErrorKind::Unreachable, what, why.empty() ? "the connection broke off" : why);
}

ApiError Socket::failure(ErrorKind kind, std::string_view what, std::string_view why) {
    return {kind, 0, std::nullopt, fmt::format("{}: {}", what, why)};
}

}  // namespace elector::kubernetes
