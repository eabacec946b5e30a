#include "elector/http/poller.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <system_error>

namespace elector::http {
namespace {

constexpr std::size_t kMostAtOnce = 256;

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

}  // namespace

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) {
        fail("cannot make an epoll instance");
    }
}

Poller::~Poller() {
    ::close(epoll_);
}

void Poller::change(int descriptor, Key key, std::uint32_t from, std::uint32_t to) const {
    if (from == to) {
        return;
    }
    epoll_event event{};
    event.events = ((to & kRead) != 0 ? EPOLLIN : 0U) | ((to & kWrite) != 0 ? EPOLLOUT : 0U);
    event.data.u64 = key;
    int operation = EPOLL_CTL_MOD;
    if (from == 0) {
        operation = EPOLL_CTL_ADD;
    } else if (to == 0) {
        operation = EPOLL_CTL_DEL;
    }
    if (::epoll_ctl(epoll_, operation, descriptor, &event) != 0) {
        fail("cannot watch a socket");
    }
}

const std::vector<Poller::Key>& Poller::wait(runtime::Duration limit) {
    // epoll counts whole milliseconds: rounded down, the last one would be spent spinning.
    const auto milliseconds =
        std::max(std::chrono::ceil<std::chrono::milliseconds>(limit), std::chrono::milliseconds(0));
    std::array<epoll_event, kMostAtOnce> events{};
    const int count =
        ::epoll_wait(epoll_, events.data(), kMostAtOnce, static_cast<int>(milliseconds.count()));
    ready_.clear();
    for (const epoll_event& event :
         std::span(events).first(static_cast<std::size_t>(std::max(count, 0)))) {
        const Key key = event.data.u64;  // no reference: the kernel's struct is packed
        ready_.push_back(key);
    }
    return ready_;
}

}  // namespace elector::http
