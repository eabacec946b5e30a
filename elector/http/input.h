#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace elector::http {

// Bytes received and not yet handled.
class Input {
  public:
    void append(std::string_view bytes) { bytes_.append(bytes); }
    // Valid until the next append() or compact().
    std::string_view view() const { return std::string_view(bytes_).substr(handled_); }
    std::size_t size() const { return bytes_.size() - handled_; }

    // REQUIRES: size <= size().
    void consume(std::size_t size) { handled_ += size; }
    // Frees the room of what was consumed.
    void compact() {
        bytes_.erase(0, handled_);
        handled_ = 0;
        if (bytes_.empty() && bytes_.capacity() > kKeptBytes) {
            std::string().swap(bytes_);  // an assignment would keep the room
        }
    }

  private:
    static constexpr std::size_t kKeptBytes = 1024;

    std::string bytes_;
    std::size_t handled_ = 0;
};

}  // namespace elector::http
