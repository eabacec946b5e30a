#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "elector/kubernetes/endpoint.h"
#include "elector/kubernetes/waiter.h"

namespace elector::kubernetes {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;
};

// The addresses of `endpoint`, in the order to try them, at most kMaxAddresses. An IP address, as
// it is inside a cluster, needs no look-up. A name is looked up by a thread of its own, because
// getaddrinfo() can be neither bounded nor aborted: when a limit of `waiter` is reached, the thread
// is left to end by itself. Never more than kMaxLookups of them exist in a process.
Result<std::vector<SocketAddress>> resolve(const Endpoint& endpoint, Waiter& waiter);

inline constexpr std::size_t kMaxAddresses = 4;
inline constexpr int kMaxLookups = 4;

}  // namespace elector::kubernetes
