#pragma once

#include <Poco/Net/ServerSocket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "elector/http/limits.h"
#include "elector/http/remote_address.h"

namespace elector::http {

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

}  // namespace elector::http
