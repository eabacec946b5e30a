#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace elector::config {

// Where to listen, or whom to ask.
struct Address {
    // An IP address, IPv6 without brackets, or "localhost" for both loopback addresses; "" for all
    // addresses of the machine.
    std::string host;
    std::uint16_t port = 0;  // 0: any free port (to listen)

    bool operator==(const Address&) const = default;
    // "localhost:4040", "[::1]:4040", ":4040".
    std::string text() const;
};

// Reads what Address::text writes. Nothing unless the port is a number up to 65535 and the host,
// where there is one, localhost, an IPv4 address or an IPv6 address in brackets: an elector is
// asked on its own machine or Pod, and a name would add a lookup that no deadline can bound.
std::optional<Address> parseAddress(std::string_view text);

}  // namespace elector::config
