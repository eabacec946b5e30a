#include "elector/runtime/log.h"

#include <Poco/String.h>
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string_view>
#include <utility>

#include "elector/runtime/clock.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"

namespace elector::runtime {

// ----------------------------------------------------------------------------- the writer of lines

namespace {

// Waits as long as the descriptor takes nothing. False where it takes no more of `text`; what it
// took before is then in `text` no longer.
bool writeAll(int output, std::string_view& text) {
    while (!text.empty()) {
        const auto written = ::write(output, text.data(), text.size());
        if (written > 0) {
            text.remove_prefix(static_cast<std::size_t>(written));
        } else if (written < 0 && errno == EAGAIN) {
            // Somebody who shares the descriptor has made it one that does not wait.
            pollfd writable{output, POLLOUT, 0};
            poll(&writable, 1, -1);
        } else if (written == 0 || errno != EINTR) {
            return false;
        }
    }
    return true;
}

}  // namespace

struct LineWriter::Shared {
    struct Line {
        std::string text;
        WallTime at;
    };

    Shared(int descriptor, Notice maker) : output(descriptor), notice(std::move(maker)) {}

    // REQUIRES the mutex.
    void drop(WallTime at) {
        if (untold++ == 0) {
            since = at;
        }
        ++total;
    }

    void run();
    bool writeOut(const std::string& text);
    // Tells what was dropped, if anything was. False where that cannot be written.
    bool tellDropped(std::unique_lock<std::mutex>& lock);
    void writeNext(std::unique_lock<std::mutex>& lock);

    const int output;
    const Notice notice;

    std::mutex mutex;
    std::condition_variable added;
    std::condition_variable written;
    std::deque<Line> waiting;
    std::size_t bytes = 0;     // of the lines that wait, and of the one that is being written
    bool isFull = false;       // lines are dropped until nothing waits
    std::uint64_t untold = 0;  // dropped, and not told of yet
    WallTime since;            // when the first of those was added
    std::uint64_t total = 0;   // dropped
    bool isWriting = false;
    bool isEnding = false;
    bool isLeft = false;  // nobody waits for the thread any more
    bool isDone = false;

    bool isAmidLine = false;  // of the thread: the descriptor took the beginning of a line only
};

bool LineWriter::Shared::writeOut(const std::string& text) {
    const std::string whole = isAmidLine ? "\n" + text : text;
    std::string_view rest = whole;
    const bool isWritten = writeAll(output, rest);
    if (const auto taken = whole.size() - rest.size(); taken > 0) {
        isAmidLine = whole[taken - 1] != '\n';
    }
    return isWritten;
}

bool LineWriter::Shared::tellDropped(std::unique_lock<std::mutex>& lock) {
    if (untold == 0) {
        return true;
    }
    const auto count = std::exchange(untold, 0);
    const auto from = since;
    lock.unlock();
    const bool isTold = writeOut(notice(count, from));
    lock.lock();
    if (!isTold) {
        untold += count;
        since = from;
    }
    return isTold;
}

void LineWriter::Shared::writeNext(std::unique_lock<std::mutex>& lock) {
    // Lines that could not be written came before this one. Those that found the queue full come
    // after all that waits.
    bool isWritten = isFull || tellDropped(lock);
    const Line line = std::move(waiting.front());
    waiting.pop_front();
    if (isWritten) {
        lock.unlock();
        isWritten = writeOut(line.text);
        lock.lock();
    }
    if (!isWritten) {
        drop(line.at);
    }
    bytes -= line.text.size();
    if (isFull && waiting.empty()) {
        isFull = false;
        if (isWritten) {
            tellDropped(lock);
        }
    }
}

void LineWriter::Shared::run() {
    std::unique_lock lock(mutex);
    for (;;) {
        added.wait(lock, [this] { return !waiting.empty() || isEnding; });
        if (isLeft || waiting.empty()) {
            break;
        }
        isWriting = true;
        writeNext(lock);
        isWriting = false;
        written.notify_all();
    }
    isDone = true;
    written.notify_all();
}

LineWriter::LineWriter(int output, Notice notice)
    : shared_(std::make_shared<Shared>(output, std::move(notice))),
      thread_([shared = shared_] { shared->run(); }) {}

LineWriter::~LineWriter() {
    std::unique_lock lock(shared_->mutex);
    shared_->isEnding = true;
    shared_->added.notify_all();
    const bool isDone =
        shared_->written.wait_for(lock, kLastWrites, [this] { return shared_->isDone; });
    shared_->isLeft = true;
    lock.unlock();
    if (isDone) {
        thread_.join();
    } else {
        thread_.detach();
    }
}

void LineWriter::add(std::string line, WallTime at) {
    {
        const std::lock_guard lock(shared_->mutex);
        shared_->isFull = shared_->isFull || shared_->bytes + line.size() > kMaxBytes;
        if (shared_->isFull) {
            shared_->drop(at);
            return;
        }
        shared_->bytes += line.size();
        shared_->waiting.push_back({std::move(line), at});
    }
    shared_->added.notify_one();
}

bool LineWriter::flush(Duration limit) {
    std::unique_lock lock(shared_->mutex);
    return shared_->written.wait_for(
        lock, limit, [this] { return shared_->waiting.empty() && !shared_->isWriting; });
}

std::uint64_t LineWriter::dropped() const {
    const std::lock_guard lock(shared_->mutex);
    return shared_->total;
}

// ----------------------------------------------------------------------------------------- the log

namespace {

constexpr std::size_t kMaxCharacters = 1000;

std::string_view levelName(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "DEBUG";
        case LogLevel::Info:
            return "INFO";
        case LogLevel::Warn:
            return "WARN";
        case LogLevel::Error:
            return "ERROR";
    }
    return "ERROR";
}

std::string_view jsonLevelName(LogLevel level) {
    switch (level) {
        case LogLevel::Debug:
            return "debug";
        case LogLevel::Info:
            return "info";
        case LogLevel::Warn:
            return "warn";
        case LogLevel::Error:
            return "error";
    }
    return "error";
}

// Quotes are escaped where the text is to stand between quotes; our own sentences keep theirs.
enum class Quotes { Escaped, Kept };

void appendEscaped(std::string& out, std::string_view text, const Character& c, Quotes quotes) {
    if (c.printable && (quotes == Quotes::Kept || (c.code != '"' && c.code != '\\'))) {
        out += text.substr(0, c.length);
    } else if (c.printable) {
        out += '\\';
        out += static_cast<char>(c.code);
    } else if (c.code == '\n') {
        out += "\\n";
    } else if (c.code == '\r') {
        out += "\\r";
    } else if (c.code == '\t') {
        out += "\\t";
    } else if (c.valid && c.code >= 0x80) {
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c.code));
    } else {
        out += fmt::format("\\x{:02x}", static_cast<unsigned>(c.code));
    }
}

std::string escaped(std::string_view text, std::size_t limit, Quotes quotes) {
    std::string out;
    for (; !text.empty() && limit > 0; --limit) {
        const Character c = firstCharacter(text);
        appendEscaped(out, text, c, quotes);
        text.remove_prefix(c.length);
    }
    return text.empty() ? out : out + "\u2026";
}

// A value that could be taken for several fields, or for none, stands between quotes.
std::string textValue(std::string_view value) {
    const std::string text = quoted(value, kMaxCharacters);
    const bool bare = !value.empty() && value.find_first_of(" =\"\\") == std::string_view::npos;
    return bare ? text : "\"" + text + "\"";
}

std::string textLine(LogLevel level, const std::string& time, std::string_view sentence,
                     LogFields fields) {
    std::string line = fmt::format("{} {} {}", time, levelName(level),
                                   escaped(sentence, kMaxCharacters, Quotes::Kept));
    std::string_view separator = "  ";
    for (const LogField& field : fields) {
        line += fmt::format("{}{}={}", separator, field.name, textValue(field.value));
        separator = " ";
    }
    return line + "\n";
}

std::string jsonLine(LogLevel level, const std::string& time, std::string_view sentence,
                     LogFields fields) {
    std::string line = fmt::format(R"({{"time":"{}","level":"{}","message":{})", time,
                                   jsonLevelName(level), jsonString(sentence, kMaxCharacters));
    for (const LogField& field : fields) {
        line += fmt::format(",{}:{}", jsonString(field.name, kMaxCharacters),
                            jsonString(field.value, kMaxCharacters));
    }
    return line + "}\n";
}

std::string lineOf(LogFormat format, LogLevel level, WallTime at, std::string_view sentence,
                   LogFields fields) {
    const std::string time = formatMicroTime(at);
    return format == LogFormat::Json ? jsonLine(level, time, sentence, fields)
                                     : textLine(level, time, sentence, fields);
}

// Whether `text` is `word`, in letters of any case.
bool isWord(std::string_view text, std::string_view word) {
    return Poco::icompare(std::string(text), std::string(word)) == 0;
}

}  // namespace

std::optional<LogLevel> parseLogLevel(std::string_view text) {
    for (const LogLevel level :
         {LogLevel::Debug, LogLevel::Info, LogLevel::Warn, LogLevel::Error}) {
        if (isWord(text, jsonLevelName(level))) {
            return level;
        }
    }
    return std::nullopt;
}

std::optional<LogFormat> parseLogFormat(std::string_view text) {
    if (isWord(text, "text")) {
        return LogFormat::Text;
    }
    return isWord(text, "json") ? std::optional(LogFormat::Json) : std::nullopt;
}

Log::Log(LogLevel level, LogFormat format, const Clock& clock, int output)
    : level_(level),
      format_(format),
      clock_(clock),
      writer_(std::make_unique<LineWriter>(output, [format](std::uint64_t dropped, WallTime since) {
          return lineOf(format, LogLevel::Warn, since,
                        "lines of this log were dropped from here on: they were not taken as "
                        "fast as they came",
                        {{"dropped", std::to_string(dropped)}});
      })) {}

Log::~Log() = default;

bool Log::flush(election::Duration limit) const {
    return writer_->flush(limit);
}

std::uint64_t Log::dropped() const {
    return writer_->dropped();
}

void Log::debug(std::string_view sentence, LogFields fields) const {
    write(LogLevel::Debug, sentence, fields);
}

void Log::info(std::string_view sentence, LogFields fields) const {
    write(LogLevel::Info, sentence, fields);
}

void Log::warn(std::string_view sentence, LogFields fields) const {
    write(LogLevel::Warn, sentence, fields);
}

void Log::error(std::string_view sentence, LogFields fields) const {
    write(LogLevel::Error, sentence, fields);
}

void Log::write(LogLevel level, std::string_view sentence, LogFields fields) const {
    if (!enabled(level)) {
        return;
    }
    const WallTime now = clock_.wall();
    writer_->add(lineOf(format_, level, now, sentence, fields), now);
}

std::string onOneLine(std::string_view text, std::size_t limit) {
    std::string out;
    for (; !text.empty() && limit > 0; --limit) {
        const Character c = firstCharacter(text);
        if (c.printable) {
            out += text.substr(0, c.length);
        } else if (!out.empty() && out.back() != ' ') {
            out += ' ';
        }
        text.remove_prefix(c.length);
    }
    if (!text.empty()) {
        return out + "\u2026";
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

std::string quoted(std::string_view text, std::size_t limit) {
    return escaped(text, limit, Quotes::Escaped);
}

}  // namespace elector::runtime
