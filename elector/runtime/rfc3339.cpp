#include "elector/runtime/rfc3339.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace elector::runtime {

namespace {

using election::WallTime;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

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

}  // namespace elector::runtime
