#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "elector/runtime/clock.h"

namespace elector::runtime {

// Writes lines to a descriptor on a thread of its own, so that whoever adds one never waits for
// whoever reads them: a pipe that nobody empties, a terminal that is held, a disk that hangs. At
// most kMaxBytes wait to be written. Beyond that lines are dropped and counted until all that waits
// has been written, and so are lines that cannot be written; the count is told by a line of its own
// as soon as a write succeeds again. A line is one write(2) where the descriptor takes it whole.
//
// Threads: any may add.
class LineWriter {
  public:
    static constexpr std::size_t kMaxBytes = std::size_t{128} * 1024;
    // How long the destructor waits for what is still to be written.
    static constexpr Duration kLastWrites = std::chrono::seconds(1);

    // The line that tells of `dropped` lines, the first of which was of the time `since`. Called
    // by the writer's thread, which may outlive this object.
    using Notice = std::function<std::string(std::uint64_t dropped, WallTime since)>;

    // The caller keeps `output` open as long as this lives.
    LineWriter(int output, Notice notice);
    // Writes what was added, for at most kLastWrites; a write that hangs then is left behind.
    ~LineWriter();
    LineWriter(const LineWriter&) = delete;
    LineWriter& operator=(const LineWriter&) = delete;

    // `line` ends with a line feed; `at` is its time.
    void add(std::string line, WallTime at);

    // Waits until all that was added before is written or dropped. False where that takes longer.
    bool flush(Duration limit);

    // How many lines were dropped in all.
    std::uint64_t dropped() const;

  private:
    struct Shared;

    std::shared_ptr<Shared> shared_;  // with the thread, should it be left behind
    std::thread thread_;
};

}  // namespace elector::runtime
