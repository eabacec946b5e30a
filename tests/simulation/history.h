#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "tests/simulation/random.h"

namespace elector::simulation {

// What happened in a run, readable: the last lines of it, and a digest of all of it that shows two
// runs to be the same.
class History {
  public:
    explicit History(bool kept) : kept_(kept) {}

    // Asked before a line is made, which costs more than the rest of the run.
    bool isKept() const { return kept_; }
    void add(Duration now, const std::string& line);

    void digest(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001B3U; }
    void digest(const std::string& text) {
        for (const char each : text) {
            digest(static_cast<std::uint64_t>(static_cast<unsigned char>(each)));
        }
    }
    std::uint64_t digest() const { return digest_; }

    const std::deque<std::string>& lines() const { return lines_; }

  private:
    static constexpr std::size_t kMostLines = 400;

    const bool kept_;
    std::uint64_t digest_ = 0xCBF29CE484222325U;
    std::deque<std::string> lines_;
};

}  // namespace elector::simulation
