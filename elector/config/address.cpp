#include "elector/config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace elector::config {

namespace {

bool isIpAddress(int family, const std::string& text) {
    in6_addr parsed{};  // large enough for both
    return inet_pton(family, text.c_str(), &parsed) == 1;
}

bool isAllDigits(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<std::uint16_t> parsePort(std::string_view text) {
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    const bool whole = error == std::errc() && end == text.data() + text.size();
    return whole && isAllDigits(text) ? std::optional(port) : std::nullopt;
}

}  // namespace

std::string Address::text() const {
    const bool v6 = host.find(':') != std::string::npos;
    return v6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::optional<Address> parseAddress(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || text.find('\0') != std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parsePort(text.substr(colon + 1));
    std::string host(text.substr(0, colon));
    if (!port) {
        return std::nullopt;
    }
    if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
        host = host.substr(1, host.size() - 2);
        return isIpAddress(AF_INET6, host) ? std::optional(Address{host, *port}) : std::nullopt;
    }
    const bool allowed = host.empty() || host == "localhost" || isIpAddress(AF_INET, host);
    return allowed ? std::optional(Address{host, *port}) : std::nullopt;
}

}  // namespace elector::config
