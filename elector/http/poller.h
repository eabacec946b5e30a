#pragma once

#include <Poco/Net/PollSet.h>

#include "elector/runtime/clock.h"

namespace elector::http {

// Which sockets are ready: a Poco::Net::PollSet (epoll) with its gaps filled.
// - It has no wake-up: a mailbox's eventfd is watched like a socket.
// - It does not pass on EPOLLHUP, which the kernel announces whatever was asked for: a socket
//   watched for nothing whose peer has reset it would make poll() return at once, empty, for ever.
//   So a socket that waits for nothing is taken out.
// - It must forget a socket before that is closed: remove() throws on a closed one.
//
// Threads: one.
class Poller {
  public:
    // Poco::Net::PollSet's modes; 0: nothing.
    static constexpr int kRead = Poco::Net::PollSet::POLL_READ;
    static constexpr int kWrite = Poco::Net::PollSet::POLL_WRITE;

    // `from`: what the socket is watched for now, which the caller remembers.
    void change(const Poco::Net::Socket& socket, int from, int to);

    // What is ready, at the latest after `limit`; Ready holds references to the sockets.
    using Ready = Poco::Net::PollSet::SocketModeMap;
    Ready wait(runtime::Duration limit);

  private:
    Poco::Net::PollSet set_;
};

}  // namespace elector::http
