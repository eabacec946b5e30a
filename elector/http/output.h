#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "elector/http/channel.h"
#include "elector/runtime/clock.h"

namespace elector::http {

// Bytes on their way to one peer.
class Output {
  public:
    enum class Sent { All, Blocked, Failed };

    // Sends as much as the channel takes.
    Sent send(Channel& channel, runtime::Instant now);

    // To append to.
    std::string& bytes() { return bytes_; }
    std::size_t pending() const { return bytes_.size() - sent_; }
    // What all of it takes of the memory.
    std::size_t room() const { return bytes_.capacity(); }

    // While blocked: since when the peer has taken nothing.
    bool isBlocked() const { return blocked_; }
    runtime::Instant blockedSince() const { return progress_; }
    // Blocked, and what it waits for is not room but bytes from the peer (TLS may want that).
    bool needsRead() const { return needsRead_; }

  private:
    std::string bytes_;
    std::size_t sent_ = 0;
    bool blocked_ = false;
    bool needsRead_ = false;
    runtime::Instant progress_;
};

}  // namespace elector::http
