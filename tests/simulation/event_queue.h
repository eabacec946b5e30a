#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tests/simulation/random.h"

namespace elector::simulation {

// What is to happen, in the order of true time; at one instant, in the order of being asked for.
class EventQueue {
  public:
    using Action = std::function<void()>;

    Duration now() const { return now_; }

    // Does it at `when`, or now if that has passed.
    void at(Duration when, Action action) {
        heap_.push_back({std::max(when, now_), next_++, std::move(action)});
        std::push_heap(heap_.begin(), heap_.end());
    }
    void after(Duration wait, Action action) { at(now_ + wait, std::move(action)); }

    // Does the next thing; false, with the time at `until`, if there is nothing before `until`.
    bool runNext(Duration until) {
        if (heap_.empty() || heap_.front().when > until) {
            now_ = std::max(now_, until);
            return false;
        }
        std::pop_heap(heap_.begin(), heap_.end());
        const Entry entry = std::move(heap_.back());
        heap_.pop_back();
        now_ = entry.when;
        entry.action();
        return true;
    }

  private:
    struct Entry {
        Duration when;
        std::uint64_t order;
        Action action;

        // Of a heap the greatest is first: so the later is the lesser.
        bool operator<(const Entry& other) const {
            return std::pair(when, order) > std::pair(other.when, other.order);
        }
    };

    Duration now_{0};
    std::uint64_t next_ = 0;
    std::vector<Entry> heap_;
};

}  // namespace elector::simulation
