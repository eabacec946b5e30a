#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include "elector/election/instant.h"
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

enum class LogLevel { Debug, Info, Warn, Error };
enum class LogFormat { Text, Json };

std::optional<LogLevel> parseLogLevel(std::string_view text);
std::optional<LogFormat> parseLogFormat(std::string_view text);

// A field of a log line. Values are escaped by the log, never by the caller: they may be foreign.
struct LogField {
    std::string_view name;
    std::string value;
};
using LogFields = std::initializer_list<LogField>;

// Writes lines, each a sentence with fields, to standard error: as text
//   2026-01-02T03:04:05.000006Z INFO web-0 became leader  lease=default/web token=17
// or as one JSON object a line with time, level, message and the fields. Foreign text is escaped
// (control characters, quotes) and every value is cut at 1,000 characters, so that no record in the
// cluster can forge or flood a line.
//
// Logging never waits: a thread of the log's own writes the lines (LineWriter). Where they are not
// taken as fast as they come, lines are dropped and counted, and a line tells how many.
//
// Threads: any may log.
class Log {
  public:
    // Writes to the descriptor `output`, which the caller keeps open as long as the log lives.
    Log(LogLevel level, LogFormat format, const Clock& clock, int output = 2);
    // Waits for the last lines to be written, but not for long.
    ~Log();
    Log(const Log&) = delete;
    Log& operator=(const Log&) = delete;

    void debug(std::string_view sentence, LogFields fields = {}) const;
    void info(std::string_view sentence, LogFields fields = {}) const;
    void warn(std::string_view sentence, LogFields fields = {}) const;
    void error(std::string_view sentence, LogFields fields = {}) const;

    bool enabled(LogLevel level) const { return level >= level_; }

    // Waits until what was logged so far is written or dropped. False where that takes longer.
    bool flush(election::Duration limit) const;
    // How many lines were dropped since the start.
    std::uint64_t dropped() const;

  private:
    void write(LogLevel level, std::string_view sentence, LogFields fields) const;

    LogLevel level_;
    LogFormat format_;
    const Clock& clock_;
    std::unique_ptr<LineWriter> writer_;
};

// `text` with control characters, quotes, backslashes and bytes that are no UTF-8 escaped, cut to
// `limit` characters with an ellipsis: fit to stand between the quotes of a sentence, which the
// caller writes.
std::string quoted(std::string_view text, std::size_t limit = 100);

// `text` on one line, cut likewise: what is not printable between its words becomes a space, and
// nothing is escaped. For a sentence of somebody else's that becomes part of one of ours, which is
// escaped where it is written, as the custom is there: once.
std::string onOneLine(std::string_view text, std::size_t limit);

}  // namespace elector::runtime
