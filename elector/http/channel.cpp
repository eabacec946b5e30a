#include "elector/http/channel.h"

#include <Poco/Net/StreamSocketImpl.h>
#include <sys/socket.h>

#include <cerrno>

namespace elector::http {
namespace {

bool wouldBlock() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

DescriptorSocket::DescriptorSocket(int descriptor)
    : StreamSocket(new Poco::Net::StreamSocketImpl(descriptor)) {}

Channel::~Channel() {
    socket_.close();
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
    const ssize_t sent = ::send(descriptor(), from, size, MSG_NOSIGNAL);
    if (sent >= 0) {
        return {IoStatus::Done, static_cast<std::size_t>(sent)};
    }
    return {wouldBlock() ? IoStatus::WantsWrite : IoStatus::Failed};
}

}  // namespace elector::http
