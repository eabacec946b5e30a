#include "elector/http/output.h"

namespace elector::http {
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
