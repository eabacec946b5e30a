#pragma once

#include <mutex>
#include <string>
#include <vector>

namespace elector::test {

// What a test tells the open watches of the fake API server to do, in order; and whether they tell
// what they know. Those who watch look here whenever the lease table changes or is poked.
//
// Threads: any.
class WatchOrders {
  public:
    enum class Kind {
        Send,      // sends `line`
        Repeat,    // sends again what has been sent, oldest first
        Bookmark,  // sends the revision of now
        Close,     // ends the answer as it should be
        Cut,       // closes the connection amid a line
    };
    struct Order {
        Kind kind;
        std::string line;
    };

    void give(Kind kind, std::string line = {}) {
        const std::scoped_lock lock(mutex_);
        orders_.push_back({kind, std::move(line)});
    }
    std::vector<Order> since(std::size_t first) const {
        const std::scoped_lock lock(mutex_);
        return {orders_.begin() + static_cast<std::ptrdiff_t>(first), orders_.end()};
    }
    std::size_t count() const {
        const std::scoped_lock lock(mutex_);
        return orders_.size();
    }

    void hold(bool held) {
        const std::scoped_lock lock(mutex_);
        held_ = held;
    }
    bool isHeld() const {
        const std::scoped_lock lock(mutex_);
        return held_;
    }

  private:
    mutable std::mutex mutex_;
    std::vector<Order> orders_;
    bool held_ = false;
};

}  // namespace elector::test
