#include "elector/http/host.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>

#include "elector/http/ascii.h"

namespace elector::http {
namespace {

constexpr std::size_t kLongestPort = 5;

template <int Family>
bool isAddress(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> zeroEnded{};
    if (text.size() >= zeroEnded.size() || text.find('\0') != std::string_view::npos) {
        return false;
    }
    std::ranges::copy(text, zeroEnded.begin());
    in6_addr ignored{};
    return inet_pton(Family, zeroEnded.data(), &ignored) == 1;
}

bool isPort(std::string_view text) {
    return text.size() <= kLongestPort && std::ranges::all_of(text, isDigit);
}

bool isNameCharacter(char c) {
    return isAlphanumeric(c) || c == '-' || c == '.' || c == '_';
}

constexpr Refusal kMalformed{400, "The Host header is malformed."};
constexpr Refusal kForeign{
    421,
    "This server answers for localhost, for IP addresses and for its own names only. An elector is "
    "given more of them by --allowed-host."};

}  // namespace

bool isIpv4(std::string_view text) {
    return isAddress<AF_INET>(text);
}
bool isIpv6(std::string_view text) {
    return isAddress<AF_INET6>(text);
}

AllowedHosts::AllowedHosts(std::vector<std::string> names) : names_(std::move(names)) {
    names_.emplace_back("localhost");
}

AllowedHosts AllowedHosts::any() {
    AllowedHosts hosts({});
    hosts.any_ = true;
    return hosts;
}

std::optional<Refusal> AllowedHosts::judge(std::string_view host) const {
    if (!host.empty() && host.front() == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos || !isIpv6(host.substr(1, end - 1))) {
            return kMalformed;
        }
        const std::string_view rest = host.substr(end + 1);
        const bool proper = rest.empty() || (rest.front() == ':' && isPort(rest.substr(1)));
        return proper ? std::nullopt : std::optional(kMalformed);
    }
    std::string_view name = host.substr(0, host.find(':'));
    if (name.size() < host.size() && !isPort(host.substr(name.size() + 1))) {
        return kMalformed;
    }
    if (!std::ranges::all_of(name, isNameCharacter)) {
        return kMalformed;
    }
    if (!name.empty() && name.back() == '.') {
        name.remove_suffix(1);
    }
    const bool known =
        any_ || isIpv4(name) || std::ranges::any_of(names_, [name](const std::string& allowed) {
            return equalsIgnoringCase(name, allowed);
        });
    return known ? std::nullopt : std::optional(kForeign);
}

}  // namespace elector::http
