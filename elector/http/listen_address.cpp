#include "elector/http/listen_address.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <stdexcept>

#include "elector/http/host.h"
#include "elector/runtime/log.h"

namespace elector::http {
namespace {

std::optional<std::uint16_t> parsePort(std::string_view text) {
    std::uint16_t port = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, port);
    if (text.empty() || error != std::errc() || stop != end) {
        return std::nullopt;
    }
    return port;
}

std::optional<std::vector<std::string>> parseHosts(std::string_view host) {
    if (host.empty()) {
        return std::vector<std::string>();
    }
    if (host == "localhost") {
        return std::vector<std::string>{"127.0.0.1", "::1"};
    }
    if (host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        if (isIpv6(host)) {
            return std::vector<std::string>{std::string(host)};
        }
        return std::nullopt;
    }
    if (isIpv4(host)) {
        return std::vector<std::string>{std::string(host)};
    }
    return std::nullopt;
}

}  // namespace

ListenAddress ListenAddress::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos) {
        const auto hosts = parseHosts(text.substr(0, colon));
        const auto port = parsePort(text.substr(colon + 1));
        if (hosts && port) {
            return {std::string(text), *hosts, *port};
        }
    }
    throw std::invalid_argument(
        fmt::format("cannot listen on {}: allowed are :PORT, localhost:PORT, ADDRESS:PORT and "
                    "[IPV6-ADDRESS]:PORT with a port from 0 to 65535",
                    runtime::quoted(text)));
}

}  // namespace elector::http
