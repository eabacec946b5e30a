#include "tests/unit/kubernetes/scripted_server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace elector::kubernetes {

namespace {

// A test that goes wrong ends all the same.
constexpr timeval kPatience{20, 0};

std::size_t lengthIn(const std::string& head) {
    constexpr std::string_view kHeader = "Content-Length: ";
    const auto begin = head.find(kHeader);
    return begin == std::string::npos ? 0 : std::stoul(head.substr(begin + kHeader.size()));
}

}  // namespace

ScriptedPeer::~ScriptedPeer() {
    if (socket_ >= 0) {
        close(socket_);
    }
}

std::string ScriptedPeer::readSome() {
    std::array<char, 4096> block{};
    const auto got = recv(socket_, block.data(), block.size(), 0);
    return got <= 0 ? std::string() : std::string(block.data(), static_cast<std::size_t>(got));
}

std::string ScriptedPeer::readRequest() {
    constexpr std::string_view kEnd = "\r\n\r\n";
    std::string text;
    for (;;) {
        const auto end = text.find(kEnd);
        if (end != std::string::npos && text.size() >= end + kEnd.size() + lengthIn(text)) {
            return text;
        }
        const auto more = readSome();
        if (more.empty()) {
            return "";
        }
        text += more;
    }
}

bool ScriptedPeer::send(std::string_view text) {
    while (!text.empty()) {
        const auto sent = ::send(socket_, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        text.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

void ScriptedPeer::awaitClose() {
    while (!readSome().empty()) {
    }
}

int ScriptedPeer::release() {
    return std::exchange(socket_, -1);
}

ScriptedServer::ScriptedServer(std::vector<Script> scripts)
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), scripts_(std::move(scripts)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    constexpr int kBacklog = 8;
    if (bind(listener_, generic, size) != 0 || listen(listener_, kBacklog) != 0 ||
        getsockname(listener_, generic, &size) != 0) {
        close(listener_);
        throw std::runtime_error("the scripted server cannot listen");
    }
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

ScriptedServer::~ScriptedServer() {
    thread_.request_stop();
    shutdown(listener_, SHUT_RDWR);  // ends a waiting accept()
    thread_.join();
    close(listener_);
}

void ScriptedServer::run(const std::stop_token& stop) {
    for (const auto& script : scripts_) {
        const int socket = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (socket < 0) {
            return;
        }
        ++connections_;
        setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
        ScriptedPeer peer(socket);
        const std::stop_callback onStop(stop, [socket] { shutdown(socket, SHUT_RDWR); });
        script(peer);
    }
    shutdown(listener_, SHUT_RDWR);
}

std::string answerOf(int status, std::string_view body, std::string_view headers) {
    return fmt::format(
        "HTTP/1.1 {} Text\r\nContent-Type: application/json\r\nContent-Length: {}\r\n{}\r\n{}",
        status, body.size(), headers, body);
}

}  // namespace elector::kubernetes
