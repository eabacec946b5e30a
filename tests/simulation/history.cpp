#include "tests/simulation/history.h"

#include <fmt/format.h>

namespace elector::simulation {

void History::add(Duration now, const std::string& line) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    lines_.push_back(
        fmt::format("{:5}.{:09} {}", now.count() / kSecond, now.count() % kSecond, line));
    if (lines_.size() > kMostLines) {
        lines_.pop_front();
    }
}

}  // namespace elector::simulation
