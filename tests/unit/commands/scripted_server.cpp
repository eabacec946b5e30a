#include "scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

namespace elector::commands {

namespace {

void sendAll(int connection, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

// True once the peer has closed; waits for that for up to `milliseconds` (-1: for ever).
bool peerCloses(int connection, int milliseconds) {
    pollfd wait{connection, POLLIN, 0};
    if (poll(&wait, 1, milliseconds) <= 0) {
        return false;
    }
    char byte = 0;
    return recv(connection, &byte, 1, 0) <= 0;
}

void readHead(int connection, std::string& head) {
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && recv(connection, &byte, 1, 0) == 1) {
        head += byte;
    }
}

std::uint16_t boundPort(int descriptor) {
    sockaddr_in6 bound{};
    socklen_t length = sizeof bound;
    getsockname(descriptor, reinterpret_cast<sockaddr*>(&bound), &length);
    return ntohs(bound.sin6_port);  // at the same place in both kinds of address
}

}  // namespace

ScriptedServer::ScriptedServer(Script script, const std::string& host) {
    const bool v6 = host.find(':') != std::string::npos;
    sockaddr_in6 six{};
    sockaddr_in four{};
    six.sin6_family = AF_INET6;
    four.sin_family = AF_INET;
    inet_pton(AF_INET6, host.c_str(), &six.sin6_addr);
    inet_pton(AF_INET, host.c_str(), &four.sin_addr);
    const auto* address =
        v6 ? reinterpret_cast<sockaddr*>(&six) : reinterpret_cast<sockaddr*>(&four);
    listener_ = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bind(listener_, address, v6 ? sizeof six : sizeof four) != 0 || listen(listener_, 1) != 0) {
        close(listener_);
        throw std::runtime_error("cannot listen on " + host);
    }
    port_ = boundPort(listener_);
    thread_ = std::thread([this, script = std::move(script)] { serve(script); });
}

ScriptedServer::~ScriptedServer() {
    shutdown(listener_, SHUT_RDWR);  // ends an accept to which nobody came
    if (thread_.joinable()) {
        thread_.join();
    }
    close(listener_);
}

std::string ScriptedServer::request() {
    thread_.join();
    return request_;
}

void ScriptedServer::serve(const Script& script) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) {
        return;
    }
    readHead(connection, request_);
    script(connection);
    close(connection);
}

ClosedPort::ClosedPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
        close(socket_);
        throw std::runtime_error("cannot bind a port");
    }
    port_ = boundPort(socket_);
}

ClosedPort::~ClosedPort() {
    close(socket_);
}

ScriptedServer::Script sends(const std::string& bytes) {
    return [bytes](int connection) { sendAll(connection, bytes); };
}

ScriptedServer::Script answers(int status, const std::string& body) {
    return [status, body](int connection) {
        sendAll(connection, fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: {}\r\n\r\n{}",
                                        status, body.size(), body));
        while (!peerCloses(connection, -1)) {
        }
    };
}

ScriptedServer::Script keepsSilent() {
    return [](int connection) {
        while (!peerCloses(connection, -1)) {
        }
    };
}

ScriptedServer::Script drips() {
    return [](int connection) {
        sendAll(connection, "HTTP/1.1 200 OK\r\nX: ");
        while (!peerCloses(connection, 5)) {
            sendAll(connection, "x");
        }
    };
}

}  // namespace elector::commands
