#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace elector::kubernetes {

// Where a server is found, an API server or one that is told or asked something else.
struct Endpoint {
    bool tls = true;
    std::string host;  // a name or an IP address, IPv6 without brackets
    std::uint16_t port = 443;
    std::string pathPrefix;  // "" or "/k8s/clusters/x": stands before the path of every request

    // "10.0.0.1:6443", "[fd00::1]:443": as in a Host header and in sentences.
    std::string authority() const;
    std::string text() const;  // with scheme and prefix

    bool operator==(const Endpoint&) const = default;
};

// Reads "https://HOST[:PORT][/PATH][?QUERY]", or the same with http: one resource, so that path and
// query, "/" at least, are the prefix of a request for "". Throws std::runtime_error, whose
// sentence says what is wrong with it.
Endpoint parseTarget(std::string_view url);

// Reads "https://HOST[:PORT][/PREFIX]" likewise, without a query.
Endpoint parseEndpoint(std::string_view url);

bool isIpLiteral(const std::string& host);

// True for localhost and for loopback addresses.
bool isLoopback(const std::string& host);

}  // namespace elector::kubernetes
