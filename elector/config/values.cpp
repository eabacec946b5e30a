#include "elector/config/values.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "elector/config/invocation.h"
#include "elector/election/revision.h"
#include "elector/kubernetes/endpoint.h"
#include "elector/names.h"
#include "elector/runtime/time_text.h"

namespace elector::config {

// ----------------------------------------------------------------------------------------- address

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

std::optional<int> countIn(std::string_view text) {
    constexpr int kMost = 100;
    const auto number = parsePort(text);
    return number && *number >= 1 && *number <= kMost ? std::optional<int>(*number) : std::nullopt;
}

// ---------------------------------------------------------------------------------------- values

namespace {

// `choices` stand with bars between, as in help.
std::string complaintAboutChoice(std::string_view choices, std::string_view value) {
    std::string allowed = "allowed are ";
    for (;;) {
        const std::size_t end = std::min(choices.find('|'), choices.size());
        const std::string_view choice = choices.substr(0, end);
        if (choice == value) {
            return "";
        }
        if (end == choices.size()) {
            return fmt::format("{} and {}", allowed, choice);
        }
        allowed += fmt::format("{}{}", allowed.ends_with(' ') ? "" : ", ", choice);
        choices.remove_prefix(end + 1);
    }
}

}  // namespace

std::string complaintAbout(const FlagSpec& spec, const std::string& value) {
    if (spec.mayBeEmpty && value.empty()) {
        return "";
    }
    if (spec.complain != nullptr) {
        return spec.complain(value);
    }
    return spec.placeholder.find('|') == std::string_view::npos
               ? ""
               : complaintAboutChoice(spec.placeholder, value);
}

std::string complaintAboutId(const std::string& id) {
    constexpr std::size_t kMaxCharacters = 253;  // of the longest name that a Pod can have
    if (id == names::kVacantHolder) {
        return "the name is reserved for a Lease that nobody holds";
    }
    const bool printable = std::ranges::all_of(id, [](char c) { return c > ' ' && c <= '~'; });
    if (id.empty() || id.size() > kMaxCharacters || !printable) {
        return fmt::format("an id has 1 to {} printable ASCII characters and no spaces",
                           kMaxCharacters);
    }
    return "";
}

std::string complaintAboutLeaseName(const std::string& name) {
    return isDnsSubdomain(name)
               ? ""
               : "a Lease's name is a DNS subdomain: lower-case letters, digits, dashes and "
                 "points, beginning and ending with a letter or digit, at most 253 characters";
}

std::string complaintAboutNamespace(const std::string& name) {
    return isDnsLabel(name)
               ? ""
               : "a namespace's name is a DNS label: lower-case letters, digits and dashes, "
                 "beginning and ending with a letter or digit, at most 63 characters";
}

std::string complaintAboutPodUid(const std::string& uid) {
    return isPodUid(uid) ? "" : "a Pod's UID has letters, digits and dashes, at most 64";
}

std::string complaintAboutToken(const std::string& token) {
    return election::Revision::parse(token) ? "" : "a fencing token is a decimal number, as 48213";
}

std::string complaintAboutAddress(const std::string& address) {
    return parseAddress(address)
               ? ""
               : "allowed are :PORT, localhost:PORT, ADDRESS:PORT and [IPV6-ADDRESS]:PORT with "
                 "a port up to 65535";
}

std::string complaintAboutTarget(const std::string& address) {
    const auto parsed = parseAddress(address);
    return parsed && parsed->port == 0 ? "nobody can be asked at port 0; allowed are 1 to 65535"
                                       : complaintAboutAddress(address);
}

std::string complaintAboutHealthUrl(const std::string& url) {
    const std::string complaint = complaintAboutUrl(url);
    if (complaint.empty()) {
        const auto target = kubernetes::parseTarget(url);
        if (!target.tls && kubernetes::isLoopback(target.host)) {
            return "";
        }
    }
    return "allowed is what this machine answers by plain HTTP, as http://localhost:8080/healthz";
}

std::string complaintAboutUrl(const std::string& url) {
    try {
        kubernetes::parseTarget(url);
        return "";
    } catch (const std::runtime_error& error) {
        return error.what();
    }
}

std::string complaintAboutHosts(const std::string& hosts) {
    return hostsIn(hosts) ? "" : "allowed are host names, without ports, with commas between";
}

std::string complaintAboutDuration(const std::string& duration) {
    // "0s0s0s..." can go on for ever, and is kept as it was written.
    constexpr std::size_t kMaxCharacters = 40;
    if (duration.size() > kMaxCharacters) {
        return fmt::format("a duration has at most {} characters", kMaxCharacters);
    }
    return runtime::parseDuration(duration)
               ? ""
               : "write a duration with its units, such as 10s, 1m30s or 500ms";
}

std::string complaintAboutDuration(const std::string& duration, std::string_view least,
                                   std::string_view most) {
    if (std::string complaint = complaintAboutDuration(duration); !complaint.empty()) {
        return complaint;
    }
    const auto parsed = runtime::parseDuration(duration);
    const bool fits =
        parsed >= runtime::parseDuration(least) && parsed <= runtime::parseDuration(most);
    return fits ? "" : fmt::format("allowed is a duration from {} to {}", least, most);
}

std::optional<std::vector<std::string>> hostsIn(std::string_view text) {
    std::vector<std::string> names;
    for (;;) {
        const auto end = std::min(text.find(','), text.size());
        std::string name(text.substr(0, end));
        std::ranges::transform(name, name.begin(), [](char c) {
            return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        });
        if (!isDnsSubdomain(name)) {
            return std::nullopt;
        }
        names.push_back(std::move(name));
        if (end == text.size()) {
            return names;
        }
        text.remove_prefix(end + 1);
    }
}

std::optional<std::string> folderIn(std::string_view store) {
    constexpr std::string_view kFile = "file:";
    return store.starts_with(kFile) && store.size() > kFile.size()
               ? std::optional<std::string>(store.substr(kFile.size()))
               : std::nullopt;
}

// -------------------------------------------------------------------------------------- dns name

namespace {

bool isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isLabelOfAnyLength(std::string_view text) {
    return !text.empty() && isLetterOrDigit(text.front()) && isLetterOrDigit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return isLetterOrDigit(c) || c == '-'; });
}

}  // namespace

bool isDnsLabel(std::string_view text) {
    constexpr std::size_t kMaxCharacters = 63;
    return text.size() <= kMaxCharacters && isLabelOfAnyLength(text);
}

bool isDnsSubdomain(std::string_view text) {
    constexpr std::size_t kMaxCharacters = 253;
    if (text.size() > kMaxCharacters) {
        return false;
    }
    for (;;) {
        const std::size_t point = text.find('.');
        if (!isLabelOfAnyLength(text.substr(0, point))) {
            return false;
        }
        if (point == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(point + 1);
    }
}

}  // namespace elector::config
