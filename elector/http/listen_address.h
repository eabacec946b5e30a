#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace elector::http {

// Where a server listens, as `--addr` writes it:
//   :4040            everywhere, IPv6 and IPv4
//   0.0.0.0:4040     everywhere, IPv4 only
//   127.0.0.1:4040   [::1]:4040   one address
//   localhost:4040   127.0.0.1 and ::1, whichever the machine has
// Port 0: one that is free.
struct ListenAddress {
    std::string text;                // as written
    std::vector<std::string> hosts;  // IP literals; empty: everywhere
    std::uint16_t port = 0;

    // Throws std::invalid_argument with a sentence that says what is allowed.
    static ListenAddress parse(std::string_view text);
};

}  // namespace elector::http
