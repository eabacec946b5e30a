#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace elector::commands {

// Listens on a free port of a loopback address, accepts one connection, reads one request head and
// runs a script on the connection. Threads: a thread of its own runs the script; the rest belongs
// to the test.
class ScriptedServer {
  public:
    using Script = std::function<void(int connection)>;

    // Throws std::runtime_error where `host` is no address of this machine.
    explicit ScriptedServer(Script script, const std::string& host = "127.0.0.1");
    ~ScriptedServer();
    ScriptedServer(const ScriptedServer&) = delete;
    ScriptedServer& operator=(const ScriptedServer&) = delete;

    std::uint16_t port() const { return port_; }

    // The request's head. Waits until the script has ended.
    std::string request();

  private:
    void serve(const Script& script);

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::string request_;
    std::thread thread_;
};

// Holds a port of 127.0.0.1 on which nobody listens.
class ClosedPort {
  public:
    ClosedPort();
    ~ClosedPort();
    ClosedPort(const ClosedPort&) = delete;
    ClosedPort& operator=(const ClosedPort&) = delete;

    std::uint16_t port() const { return port_; }

  private:
    int socket_;
    std::uint16_t port_ = 0;
};

// Scripts. All end with the connection.

// Sends `bytes` and closes.
ScriptedServer::Script sends(const std::string& bytes);
// Sends a whole answer with its Content-Length, and keeps the connection open until the peer
// closes.
ScriptedServer::Script answers(int status, const std::string& body);
// Sends nothing until the peer closes.
ScriptedServer::Script keepsSilent();
// Sends a byte of an endless answer every few milliseconds until the peer closes.
ScriptedServer::Script drips();

}  // namespace elector::commands
