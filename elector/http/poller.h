#pragma once

#include <cstdint>
#include <vector>

#include "elector/runtime/clock.h"

namespace elector::http {

// Which descriptors are ready, by epoll. Each is known by a key of the caller's, never used again:
// so what was announced for a connection that is gone meanwhile is taken for no other's.
//
// A descriptor that waits for nothing is taken out, since the kernel announces a hang-up whatever
// was asked for. It must be taken out before it is closed.
//
// Threads: one.
class Poller {
  public:
    using Key = std::uint64_t;
    static constexpr std::uint32_t kRead = 1;
    static constexpr std::uint32_t kWrite = 2;

    // Throws std::system_error where the system gives no more descriptors.
    Poller();
    ~Poller();
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;

    // `from`: what the descriptor is watched for now, which the caller remembers; 0: nothing.
    void change(int descriptor, Key key, std::uint32_t from, std::uint32_t to) const;

    // Who is ready, at the latest after `limit`; no more than some hundred at once, the others the
    // next time, in turn. Valid until the next call.
    const std::vector<Key>& wait(runtime::Duration limit);

  private:
    int epoll_;
    std::vector<Key> ready_;
};

}  // namespace elector::http
