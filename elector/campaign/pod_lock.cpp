#include "elector/campaign/pod_lock.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <system_error>

namespace elector::campaign {
namespace {

// A socket's name has 107 bytes after the leading zero; a Lease's alone may have 253. A long name
// is replaced by its hash (FNV-1a): where two meet, one elector waits, and says so.
constexpr std::size_t kLongestName = sizeof(sockaddr_un::sun_path) - 1;

std::string fitting(std::string name) {
    if (name.size() <= kLongestName) {
        return name;
    }
    std::uint64_t hash = 0xcbf29ce484222325U;
    for (const char c : name) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    }
    return fmt::format("leader-elector/{:016x}", hash);
}

}  // namespace

PodLock::PodLock(const election::LeaseKey& key, const std::string& podUid)
    : name_(fitting("leader-elector/" + key.text() + "/" + podUid)),
      socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    if (socket_ < 0) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot make the Unix socket " + name());
    }
}

PodLock::~PodLock() {
    close(socket_);
}

bool PodLock::tryAcquire() {
    if (!held_) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::ranges::copy(name_, &address.sun_path[1]);  // [0] stays zero: abstract
        const auto length = offsetof(sockaddr_un, sun_path) + 1 + name_.size();
        // A name that fits fails to be bound only where another socket has it.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API's own idiom
        held_ = bind(socket_, reinterpret_cast<const sockaddr*>(&address),
                     static_cast<socklen_t>(length)) == 0;
    }
    return held_;
}

}  // namespace elector::campaign
