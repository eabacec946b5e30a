#include "elector/kubernetes/endpoint.h"

#include <Poco/Exception.h>
#include <Poco/Net/IPAddress.h>
#include <Poco/URI.h>
#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "elector/runtime/log.h"

namespace elector::kubernetes {

namespace {

bool isHostName(std::string_view host) {
    return std::ranges::all_of(host, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '.' || c == '_';
    });
}

// `url` as it may be printed: a user and a password in it are for nobody to read.
std::string withoutUser(std::string_view url) {
    const auto at = url.rfind('@');
    if (at == std::string_view::npos) {
        return std::string(url);
    }
    const auto scheme = url.substr(0, at).find("://");
    const auto begin = scheme == std::string_view::npos ? 0 : scheme + 3;
    return std::string(url.substr(0, begin)) + "..." + std::string(url.substr(at));
}

std::runtime_error refusal(std::string_view url, const char* why) {
    return std::runtime_error(fmt::format("the server's address \"{}\" {}; write https://HOST:PORT",
                                          runtime::quoted(withoutUser(url)), why));
}

}  // namespace

std::string Endpoint::authority() const {
    const bool isV6 = host.find(':') != std::string::npos;
    return isV6 ? fmt::format("[{}]:{}", host, port) : fmt::format("{}:{}", host, port);
}

std::string Endpoint::text() const {
    return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), pathPrefix);
}

Endpoint parseTarget(std::string_view url) {
    Poco::URI uri;
    try {
        uri = std::string(url);
    } catch (const Poco::Exception&) {
        throw refusal(url, "is no URL");
    }
    if (uri.getScheme() != "https" && uri.getScheme() != "http") {
        throw refusal(url, "begins with neither https:// nor http://");
    }
    if (uri.getHost().empty() || uri.getPort() == 0) {
        throw refusal(url, "has no host or no port");
    }
    if (!isHostName(uri.getHost()) && !isIpLiteral(uri.getHost())) {
        throw refusal(url, "has a host that is neither a name nor an IP address");
    }
    if (!uri.getUserInfo().empty() || !uri.getFragment().empty()) {
        throw refusal(url, "has a user, a query or a fragment");
    }
    constexpr std::size_t kMaxCharacters = 2000;
    const bool isPrintable = std::ranges::all_of(url, [](char c) { return c > ' ' && c <= '~'; });
    if (!isPrintable || url.size() > kMaxCharacters) {
        throw refusal(url, "is too long, or not all printable ASCII without spaces");
    }
    const std::string path = uri.getPathEtc();
    return {uri.getScheme() == "https", uri.getHost(), uri.getPort(),
            path.starts_with('/') ? path : '/' + path};
}

Endpoint parseEndpoint(std::string_view url) {
    Endpoint endpoint = parseTarget(url);
    std::string& prefix = endpoint.pathPrefix;
    if (prefix.find('?') != std::string::npos) {
        throw refusal(url, "has a user, a query or a fragment");
    }
    prefix.erase(prefix.find_last_not_of('/') + 1);
    return endpoint;
}

bool isIpLiteral(const std::string& host) {
    Poco::Net::IPAddress address;
    return Poco::Net::IPAddress::tryParse(host, address);
}

bool isLoopback(const std::string& host) {
    Poco::Net::IPAddress address;
    return host == "localhost" ||
           (Poco::Net::IPAddress::tryParse(host, address) && address.isLoopback());
}

}  // namespace elector::kubernetes
