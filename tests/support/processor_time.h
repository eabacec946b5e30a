#pragma once

#include <algorithm>
#include <chrono>
#include <ctime>
#include <functional>

namespace elector::test {

// The processor time that `work` takes, of this thread alone: the least of `runs`.
inline std::chrono::nanoseconds leastTimeOf(const std::function<void()>& work, int runs) {
    const auto now = [] {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    };
    auto least = std::chrono::nanoseconds::max();
    for (int run = 0; run < runs; ++run) {
        const auto begun = now();
        work();
        least = std::min(least, now() - begun);
    }
    return least;
}

}  // namespace elector::test
