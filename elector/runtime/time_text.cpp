#include "elector/runtime/time_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

namespace elector::runtime {

// -------------------------------------------------------------------------------------- duration

namespace {

// The largest magnitude: that of the most negative duration. A positive one has one less.
constexpr std::uint64_t kMaxMagnitude = std::uint64_t{1} << 63U;

struct Unit {
    std::string_view name;
    std::uint64_t nanoseconds;
};

constexpr std::uint64_t kMicrosecond = 1'000;
constexpr std::uint64_t kMillisecond = 1'000'000;
constexpr std::uint64_t kSecond = 1'000'000'000;
constexpr std::array<Unit, 8> kUnits{{{"ns", 1},
                                      {"us", kMicrosecond},
                                      {"\u00b5s", kMicrosecond},  // the micro sign
                                      {"\u03bcs", kMicrosecond},  // the Greek letter
                                      {"ms", kMillisecond},
                                      {"s", kSecond},
                                      {"m", 60 * kSecond},
                                      {"h", 3600 * kSecond}}};

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

std::uint64_t digitOf(char c) {
    return static_cast<std::uint64_t>(c - '0');
}

// Takes the digits at the front of `text`. Nothing if their number exceeds kMaxMagnitude.
std::optional<std::uint64_t> takeInteger(std::string_view& text) {
    std::uint64_t number = 0;
    while (!text.empty() && isDigit(text.front())) {
        if (number > kMaxMagnitude / 10) {
            return std::nullopt;
        }
        number = number * 10 + digitOf(text.front());
        if (number > kMaxMagnitude) {
            return std::nullopt;
        }
        text.remove_prefix(1);
    }
    return number;
}

struct Fraction {
    std::uint64_t digits = 0;
    double scale = 1;
};

// Takes the digits at the front of `text` as those behind a point. Digits that no longer fit are
// too small to count.
Fraction takeFraction(std::string_view& text) {
    Fraction fraction;
    bool full = false;
    while (!text.empty() && isDigit(text.front())) {
        full = full || fraction.digits > (kMaxMagnitude - 1) / 10 ||
               fraction.digits * 10 + digitOf(text.front()) > kMaxMagnitude;
        if (!full) {
            fraction.digits = fraction.digits * 10 + digitOf(text.front());
            fraction.scale *= 10;
        }
        text.remove_prefix(1);
    }
    return fraction;
}

// Takes all up to the next digit or point, which must be a unit.
std::optional<std::uint64_t> takeUnit(std::string_view& text) {
    std::size_t length = 0;
    while (length < text.size() && text[length] != '.' && !isDigit(text[length])) {
        ++length;
    }
    const std::string_view name = text.substr(0, length);
    text.remove_prefix(length);
    for (const Unit& unit : kUnits) {
        if (unit.name == name) {
            return unit.nanoseconds;
        }
    }
    return std::nullopt;
}

// Takes one number with its unit ("1.5h"), in nanoseconds.
std::optional<std::uint64_t> takeComponent(std::string_view& text) {
    const std::size_t before = text.size();
    const auto whole = takeInteger(text);
    if (!whole) {
        return std::nullopt;
    }
    std::size_t digits = before - text.size();
    Fraction fraction;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        const std::size_t point = text.size();
        fraction = takeFraction(text);
        digits += point - text.size();
    }
    if (digits == 0) {
        return std::nullopt;
    }
    const auto unit = takeUnit(text);
    if (!unit || *whole > kMaxMagnitude / *unit) {
        return std::nullopt;
    }
    // In floating point, as Go has it, so that both read a text as the same number.
    const double part =
        static_cast<double>(fraction.digits) * (static_cast<double>(*unit) / fraction.scale);
    const std::uint64_t sum = *whole * *unit + static_cast<std::uint64_t>(part);
    return sum > kMaxMagnitude ? std::nullopt : std::optional(sum);
}

std::optional<std::uint64_t> parseMagnitude(std::string_view text) {
    if (text == "0") {
        return 0;
    }
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t sum = 0;
    while (!text.empty()) {
        const auto component = takeComponent(text);
        if (!component || *component > kMaxMagnitude - sum) {
            return std::nullopt;
        }
        sum += *component;
    }
    return sum;
}

// `value` in units of 10^decimals, without trailing zeros: (1500, 3) is "1.5".
std::string withDecimals(std::uint64_t value, int decimals) {
    std::uint64_t scale = 1;
    for (int i = 0; i < decimals; ++i) {
        scale *= 10;
    }
    std::string text = fmt::format("{}", value / scale);
    if (value % scale != 0) {
        text += fmt::format(".{:0{}}", value % scale, decimals);
        text.erase(text.find_last_not_of('0') + 1);
    }
    return text;
}

std::string formatMagnitude(std::uint64_t value) {
    if (value < kMicrosecond) {
        return value == 0 ? "0s" : withDecimals(value, 0) + "ns";
    }
    if (value < kMillisecond) {
        return withDecimals(value, 3) + "\u00b5s";
    }
    if (value < kSecond) {
        return withDecimals(value, 6) + "ms";
    }
    const std::uint64_t minutes = value / (60 * kSecond);
    std::string seconds = withDecimals(value % (60 * kSecond), 9) + "s";
    if (minutes == 0) {
        return seconds;
    }
    if (minutes < 60) {
        return fmt::format("{}m{}", minutes, seconds);
    }
    return fmt::format("{}h{}m{}", minutes / 60, minutes % 60, seconds);
}

}  // namespace

std::optional<election::Duration> parseDuration(std::string_view text) {
    const bool negative = !text.empty() && text.front() == '-';
    if (negative || (!text.empty() && text.front() == '+')) {
        text.remove_prefix(1);
    }
    const auto magnitude = parseMagnitude(text);
    if (!magnitude || (!negative && *magnitude == kMaxMagnitude)) {
        return std::nullopt;
    }
    // Negated as unsigned: the most negative duration has no positive counterpart.
    const std::uint64_t bits = negative ? std::uint64_t{0} - *magnitude : *magnitude;
    return election::Duration(static_cast<std::int64_t>(bits));
}

std::string formatDuration(election::Duration duration) {
    const auto bits = static_cast<std::uint64_t>(duration.count());
    return duration.count() < 0 ? "-" + formatMagnitude(std::uint64_t{0} - bits)
                                : formatMagnitude(bits);
}

// --------------------------------------------------------------------------------------- rfc3339

namespace {

using election::WallTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Takes exactly `digits` digits from the front of `text`; nothing if there are fewer, or if their
// number is above `most`.
std::optional<int> takeNumber(std::string_view& text, std::size_t digits, int most) {
    if (text.size() < digits) {
        return std::nullopt;
    }
    int number = 0;
    for (const char c : text.substr(0, digits)) {
        if (!isDigit(c)) {
            return std::nullopt;
        }
        number = number * 10 + (c - '0');
    }
    text.remove_prefix(digits);
    return number <= most ? std::optional(number) : std::nullopt;
}

bool take(std::string_view& text, char c) {
    if (text.empty() || text.front() != c) {
        return false;
    }
    text.remove_prefix(1);
    return true;
}

std::optional<std::chrono::sys_days> takeDate(std::string_view& text) {
    const auto year = takeNumber(text, 4, 9999);
    if (!year || !take(text, '-')) {
        return std::nullopt;
    }
    const auto month = takeNumber(text, 2, 12);
    if (!month || !take(text, '-')) {
        return std::nullopt;
    }
    const auto day = takeNumber(text, 2, 31);
    if (!day) {
        return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
}

std::optional<minutes> takeHoursAndMinutes(std::string_view& text) {
    const auto hour = takeNumber(text, 2, 23);
    if (!hour || !take(text, ':')) {
        return std::nullopt;
    }
    const auto minute = takeNumber(text, 2, 59);
    return minute ? std::optional(hours(*hour) + minutes(*minute)) : std::nullopt;
}

// Takes the decimals behind the seconds, if there are any.
std::optional<microseconds> takeDecimals(std::string_view& text) {
    if (!take(text, '.')) {
        return microseconds(0);
    }
    if (text.empty() || !isDigit(text.front())) {
        return std::nullopt;
    }
    int micros = 0;
    for (int weight = 100'000; !text.empty() && isDigit(text.front()); weight /= 10) {
        micros += weight * (text.front() - '0');
        text.remove_prefix(1);
    }
    return microseconds(micros);
}

// How far the local time is ahead of UTC.
std::optional<minutes> takeOffset(std::string_view& text) {
    if (take(text, 'Z')) {
        return minutes(0);
    }
    const bool behind = take(text, '-');
    if (!behind && !take(text, '+')) {
        return std::nullopt;
    }
    const auto offset = takeHoursAndMinutes(text);
    if (!offset) {
        return std::nullopt;
    }
    return behind ? -*offset : *offset;
}

constexpr std::chrono::sys_days kFirstDay{std::chrono::year(1) / 1 / 1};
constexpr std::chrono::sys_days kLastDay{std::chrono::year(9999) / 12 / 31};
constexpr WallTime kFirst{kFirstDay};
constexpr WallTime kLast = WallTime{kLastDay + days(1)} - microseconds(1);

}  // namespace

std::optional<WallTime> parseRfc3339(std::string_view text) {
    const auto date = takeDate(text);
    if (!date || !take(text, 'T')) {
        return std::nullopt;
    }
    const auto time = takeHoursAndMinutes(text);
    if (!time || !take(text, ':')) {
        return std::nullopt;
    }
    const auto second = takeNumber(text, 2, 59);
    if (!second) {
        return std::nullopt;
    }
    const auto decimals = takeDecimals(text);
    if (!decimals) {
        return std::nullopt;
    }
    const auto offset = takeOffset(text);
    if (!offset || !text.empty()) {
        return std::nullopt;
    }
    const WallTime result = WallTime(*date) + *time + seconds(*second) + *decimals - *offset;
    return result >= kFirst && result <= kLast ? std::optional(result) : std::nullopt;
}

std::string formatMicroTime(WallTime time) {
    time = std::clamp(time, kFirst, kLast);
    const auto day = std::chrono::floor<days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                       clock.subseconds().count());
}

std::string formatSeconds(WallTime time) {
    const std::string text = formatMicroTime(time);
    return text.substr(0, text.find('.')) + 'Z';
}

}  // namespace elector::runtime
