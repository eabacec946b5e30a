#include "elector/http/channel.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>

namespace elector::http {

// ------------------------------------------------------------------------------------------- plain

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

// --------------------------------------------------------------------------------------------- TLS

namespace {

// What OpenSSL 3 allocates for one connection: in the middle of a handshake, and once it is
// through. The second includes the buffer for a record of which a part has come.
constexpr std::size_t kHandshakeBytes = 40960;
constexpr std::size_t kEstablishedBytes = 24576;

}  // namespace

TlsChannel::TlsChannel(int descriptor, SSL_CTX* context)
    : Channel(descriptor), ssl_(SSL_new(context)) {
    if (!ssl_ || SSL_set_fd(ssl_.get(), descriptor) != 1) {
        throw std::runtime_error("OpenSSL cannot set up a connection");
    }
    SSL_set_accept_state(ssl_.get());
    // The output may move and grow between two attempts to send it; connections at rest give their
    // buffers (34 KB) back; a client must not make us renegotiate for ever.
    SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
    SSL_set_options(ssl_.get(), SSL_OP_NO_RENEGOTIATION);
}

IoResult TlsChannel::result(int returned, std::size_t size) const {
    if (returned == 1) {
        return {IoStatus::Done, size};
    }
    switch (SSL_get_error(ssl_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {IoStatus::WantsRead};
        case SSL_ERROR_WANT_WRITE:
            return {IoStatus::WantsWrite};
        case SSL_ERROR_ZERO_RETURN:
            return {IoStatus::Ended};
        default:
            return {IoStatus::Failed};
    }
}

IoResult TlsChannel::read(char* into, std::size_t size) {
    ERR_clear_error();  // SSL_get_error looks at the queue of the whole thread
    std::size_t got = 0;
    const int returned = SSL_read_ex(ssl_.get(), into, size, &got);
    const IoResult outcome = result(returned, got);
    broken_ = broken_ || outcome.status == IoStatus::Failed;
    return outcome;
}

IoResult TlsChannel::write(const char* from, std::size_t size) {
    ERR_clear_error();
    std::size_t sent = 0;
    const int returned = SSL_write_ex(ssl_.get(), from, size, &sent);
    const IoResult outcome = result(returned, sent);
    broken_ = broken_ || outcome.status == IoStatus::Failed;
    return outcome;
}

bool TlsChannel::isEstablished() const {
    return SSL_is_init_finished(ssl_.get()) == 1;
}

std::size_t TlsChannel::buffered() const {
    return static_cast<std::size_t>(SSL_pending(ssl_.get()));
}

std::size_t TlsChannel::keeps() const {
    return isEstablished() ? kEstablishedBytes : kHandshakeBytes;
}

void TlsChannel::endWriting() {
    if (!broken_ && isEstablished()) {  // SSL_shutdown is forbidden after a failure
        ERR_clear_error();
        SSL_shutdown(ssl_.get());
    }
    endTransport();
}

// ------------------------------------------------------------------------------------------ output

namespace {

// What a connection keeps for its next answer.
constexpr std::size_t kKeptBytes = 4096;

}  // namespace

Output::Sent Output::send(Channel& channel, runtime::Instant now) {
    if (!blocked_) {
        progress_ = now;
    }
    while (pending() > 0) {
        const IoResult result = channel.write(bytes_.data() + sent_, pending());
        if (result.status == IoStatus::Done) {
            sent_ += result.size;
            progress_ = now;
            continue;
        }
        if (result.status == IoStatus::WantsRead || result.status == IoStatus::WantsWrite) {
            blocked_ = true;
            needsRead_ = result.status == IoStatus::WantsRead;
            bytes_.erase(0, sent_);
            sent_ = 0;
            return Sent::Blocked;
        }
        return Sent::Failed;
    }
    blocked_ = false;
    needsRead_ = false;
    bytes_.clear();
    sent_ = 0;
    if (bytes_.capacity() > kKeptBytes) {
        std::string().swap(bytes_);  // an assignment would keep the room
    }
    return Sent::All;
}

}  // namespace elector::http
