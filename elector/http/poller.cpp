#include "elector/http/poller.h"

#include <algorithm>

namespace elector::http {

void Poller::change(const Poco::Net::Socket& socket, int from, int to) {
    if (from == to) {
        return;
    }
    if (from == 0) {
        set_.add(socket, to);
    } else if (to == 0) {
        set_.remove(socket);
    } else {
        set_.update(socket, to);
    }
}

Poller::Ready Poller::wait(runtime::Duration limit) {
    // epoll counts whole milliseconds: rounded down, the last one would be spent spinning.
    const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(limit);
    constexpr std::chrono::milliseconds kNone{0};
    return set_.poll(
        Poco::Timespan(std::chrono::microseconds(std::max(milliseconds, kNone)).count()));
}

}  // namespace elector::http
