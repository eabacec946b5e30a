#include "elector/runtime/log.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include "elector/runtime/clock.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/line_writer.h"
#include "elector/runtime/time_text.h"

namespace elector::runtime {

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
