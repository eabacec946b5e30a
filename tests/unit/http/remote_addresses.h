#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>

#include <cstring>

#include "elector/http/quota.h"

namespace elector::http {

// Addresses of peers, as they are written.
inline RemoteAddress v4(const char* text) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    inet_pton(AF_INET, text, &address.sin_addr);
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    return RemoteAddress(storage);
}

inline RemoteAddress v6(const char* text) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    inet_pton(AF_INET6, text, &address.sin6_addr);
    sockaddr_storage storage{};
    std::memcpy(&storage, &address, sizeof address);
    return RemoteAddress(storage);
}

}  // namespace elector::http
