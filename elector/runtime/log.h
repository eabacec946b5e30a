#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace elector::runtime {

class Clock;

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
// cluster can forge or flood a line. A line is one write(2).
//
// Threads: any may log.
class Log {
  public:
    // Writes to the descriptor `output`, which the caller keeps open as long as the log lives.
    Log(LogLevel level, LogFormat format, const Clock& clock, int output = 2);

    void debug(std::string_view sentence, LogFields fields = {}) const;
    void info(std::string_view sentence, LogFields fields = {}) const;
    void warn(std::string_view sentence, LogFields fields = {}) const;
    void error(std::string_view sentence, LogFields fields = {}) const;

    bool enabled(LogLevel level) const { return level >= level_; }

  private:
    void write(LogLevel level, std::string_view sentence, LogFields fields) const;

    LogLevel level_;
    LogFormat format_;
    const Clock& clock_;
    int output_;
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
