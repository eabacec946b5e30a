#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"

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

// From 1 to 100.
std::optional<int> countIn(std::string_view text);

// What the values of flags may be, and how they are read.
// Each returns "" or what is allowed instead, to follow "... is refused: ".
std::string complaintAbout(const FlagSpec& spec, const std::string& value);
std::string complaintAboutId(const std::string& id);
std::string complaintAboutLeaseName(const std::string& name);
std::string complaintAboutNamespace(const std::string& name);
std::string complaintAboutPodUid(const std::string& uid);
std::string complaintAboutAddress(const std::string& address);  // to serve on
std::string complaintAboutTarget(const std::string& address);   // to ask
std::string complaintAboutHealthUrl(const std::string& url);
std::string complaintAboutUrl(const std::string& url);
std::string complaintAboutHosts(const std::string& hosts);
std::string complaintAboutToken(const std::string& token);
std::string complaintAboutDuration(const std::string& duration);
// `least` and `most` are durations too.
std::string complaintAboutDuration(const std::string& duration, std::string_view least,
                                   std::string_view most);

// Host names with commas between, in lower case. Nothing where one of them is none.
std::optional<std::vector<std::string>> hostsIn(std::string_view text);

// The folder that "file:DIR" names; nothing for any other store.
std::optional<std::string> folderIn(std::string_view store);

// As Kubernetes checks names of objects (RFC 1123): lower-case letters, digits and dashes, with a
// letter or digit at both ends; at most 63 characters.
bool isDnsLabel(std::string_view text);

// Such labels with points between, at most 253 characters; Kubernetes sets no limit to each.
bool isDnsSubdomain(std::string_view text);

}  // namespace elector::config
