#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "elector/kubernetes/endpoint.h"

namespace elector::kubernetes {

// The server's end of one plain TCP connection.
class ScriptedPeer {
  public:
    // Owns `socket`.
    explicit ScriptedPeer(int socket) : socket_(socket) {}
    ~ScriptedPeer();
    ScriptedPeer(const ScriptedPeer&) = delete;
    ScriptedPeer& operator=(const ScriptedPeer&) = delete;

    // A request with its body; "" where the client has gone.
    std::string readRequest();
    // Some bytes; "" where the client has gone.
    std::string readSome();
    // False where the client has gone.
    bool send(std::string_view text);
    // Waits until the client closes.
    void awaitClose();

    int descriptor() const { return socket_; }
    // Gives the socket away.
    int release();

  private:
    int socket_;
};

// A TCP server on 127.0.0.1 that treats its first connection as the first script says, the second
// as the second, and so on; it refuses what comes after the last. Runs on a thread of its own.
class ScriptedServer {
  public:
    using Script = std::function<void(ScriptedPeer&)>;

    explicit ScriptedServer(std::vector<Script> scripts);
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    Endpoint endpoint(bool tls = false) const { return {tls, "127.0.0.1", port_, ""}; }
    int connections() const { return connections_; }

  private:
    void run(const std::stop_token& stop);

    int listener_;
    std::uint16_t port_ = 0;
    std::vector<Script> scripts_;
    std::atomic<int> connections_{0};
    std::jthread thread_;
};

// An HTTP answer with a body and its length.
std::string answerOf(int status, std::string_view body, std::string_view headers = "");

}  // namespace elector::kubernetes
