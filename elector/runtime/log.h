#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "elector/election/instant.h"

namespace elector::runtime {

class Clock;
class LineWriter;

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
