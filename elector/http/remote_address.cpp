#include "elector/http/remote_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <span>

namespace elector::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 16> kLoopbackV6{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
constexpr std::uint8_t kLoopbackNetV4 = 127;
constexpr std::size_t kNetworkBytesV6 = 8;

}  // namespace

RemoteAddress::RemoteAddress(const sockaddr_storage& address) {
    if (address.ss_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, &address, sizeof v4);
        std::ranges::copy(kMappedPrefix, bytes_.begin());
        std::memcpy(bytes_.data() + kMappedPrefix.size(), &v4.sin_addr, sizeof v4.sin_addr);
    } else if (address.ss_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, &address, sizeof v6);
        std::memcpy(bytes_.data(), &v6.sin6_addr, bytes_.size());
    }
}

bool RemoteAddress::isMappedV4() const {
    return std::ranges::equal(kMappedPrefix, std::span(bytes_).first<kMappedPrefix.size()>());
}

bool RemoteAddress::isLoopback() const {
    return isMappedV4() ? bytes_[kMappedPrefix.size()] == kLoopbackNetV4 : bytes_ == kLoopbackV6;
}

RemoteAddress RemoteAddress::counted() const {
    RemoteAddress network = *this;
    if (!isMappedV4() && !isLoopback()) {
        std::ranges::fill(std::span(network.bytes_).subspan<kNetworkBytesV6>(), std::uint8_t{0});
    }
    return network;
}

std::string RemoteAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (isMappedV4()) {
        inet_ntop(AF_INET, bytes_.data() + kMappedPrefix.size(), text.data(), text.size());
    } else {
        inet_ntop(AF_INET6, bytes_.data(), text.data(), text.size());
    }
    return text.data();
}

}  // namespace elector::http
