#include "elector/http/channel.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>

namespace elector::http {
namespace {

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

Channel::~Channel() {
    ::close(descriptor_);
}

Channel::Held Channel::held() const {
    std::array<std::uint32_t, SK_MEMINFO_VARS> counts{};
    socklen_t size = sizeof counts;
    // Kernels before 4.12 do not know it, and then nothing is known; they have no limits that
    // count these bytes either.
    ::getsockopt(descriptor_, SOL_SOCKET, SO_MEMINFO, counts.data(), &size);
    return {counts[SK_MEMINFO_WMEM_QUEUED], counts[SK_MEMINFO_RMEM_ALLOC]};
}

bool Channel::isUnderWay() const {
    int bytes = 0;  // the end of what we write counts as one
    return ::ioctl(descriptor_, SIOCOUTQ, &bytes) == 0 && bytes > 1;
}

void Channel::abandon() const {
    if (!isUnderWay()) {
        return;
    }
    const linger atOnce{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &atOnce, sizeof atOnce);
}

IoResult Channel::receive(char* into, std::size_t size) const {
    const ssize_t got = ::recv(descriptor_, into, size, 0);
    if (got > 0) {
        return {IoStatus::Done, static_cast<std::size_t>(got)};
    }
    if (got == 0) {
        return {IoStatus::Ended};
    }
    return {wouldBlock() ? IoStatus::WantsRead : IoStatus::Failed};
}

void Channel::endTransport() const {
    ::shutdown(descriptor_, SHUT_WR);
}

IoResult PlainChannel::write(const char* from, std::size_t size) {
    const ssize_t sent = ::send(descriptor(), from, size, 0);
    if (sent >= 0) {
        return {IoStatus::Done, static_cast<std::size_t>(sent)};
    }
    return {wouldBlock() ? IoStatus::WantsWrite : IoStatus::Failed};
}

}  // namespace elector::http
