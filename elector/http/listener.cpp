#include "elector/http/listener.h"

#include <Poco/Net/NetException.h>
#include <Poco/Net/SocketAddress.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

namespace elector::http {
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

}  // namespace elector::http
