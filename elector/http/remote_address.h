#pragma once

#include <sys/socket.h>

#include <array>
#include <compare>
#include <cstdint>
#include <string>

namespace elector::http {

// The address of a peer without its port: IPv6, or IPv4 in its mapped form. A value.
class RemoteAddress {
  public:
    // REQUIRES: AF_INET or AF_INET6 (anything else counts as ::).
    explicit RemoteAddress(const sockaddr_storage& address);

    bool isLoopback() const;
    // Whom quotas count: the address, but of IPv6 its network of 64 bits, since whoever has one
    // address of it has, as a rule, all of them. The loopback's stays what it is.
    RemoteAddress counted() const;
    std::string text() const;

    auto operator<=>(const RemoteAddress&) const = default;

  private:
    bool isMappedV4() const;
    std::array<std::uint8_t, 16> bytes_{};
};

}  // namespace elector::http
