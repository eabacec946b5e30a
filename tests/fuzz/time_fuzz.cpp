// Go's durations and the times of RFC 3339. The input is taken as a text of either kind; its first
// eight bytes, too, as a number of nanoseconds and of microseconds.
#include <time.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "elector/runtime/time_text.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

using elector::election::Duration;
using elector::election::WallTime;
using elector::runtime::formatDuration;
using elector::runtime::formatMicroTime;
using elector::runtime::parseDuration;
using elector::runtime::parseRfc3339;
using Wide = __int128;

constexpr std::string_view kDigits = "0123456789";

// The text as a sum of whole numbers with units; nothing where it is none, or has decimals.
std::optional<Wide> wholeSum(std::string_view text) {
    struct Unit {
        std::string_view name;
        Wide nanoseconds;
    };
    constexpr std::array<Unit, 7> kUnits{{{"ns", 1},
                                          {"us", 1'000},
                                          {"ms", 1'000'000},
                                          {"\u00b5s", 1'000},
                                          {"s", 1'000'000'000},
                                          {"m", 60'000'000'000},
                                          {"h", 3'600'000'000'000}}};
    constexpr std::size_t kMostDigits = 18;
    Wide sum = 0;
    while (!text.empty()) {
        const auto digits = std::min(text.find_first_not_of(kDigits), text.size());
        const auto name = text.substr(digits, text.find_first_of(kDigits, digits) - digits);
        const auto* unit = std::ranges::find(kUnits, name, &Unit::name);
        if (digits == 0 || digits > kMostDigits || unit == kUnits.end()) {
            return std::nullopt;
        }
        sum += Wide(std::stoll(std::string(text.substr(0, digits)))) * unit->nanoseconds;
        text.remove_prefix(digits + name.size());
    }
    return sum;
}

void judgeDuration(std::string_view text) {
    const auto duration = parseDuration(text);
    const bool isNegative = text.starts_with('-');
    auto magnitude = text;
    magnitude.remove_prefix(isNegative || text.starts_with('+') ? 1 : 0);
    if (const auto sum = magnitude.empty() ? std::nullopt : wholeSum(magnitude)) {
        const Wide value = isNegative ? -*sum : *sum;
        const bool fits = value >= Duration::min().count() && value <= Duration::max().count();
        require(duration.has_value() == fits, "a sum of whole numbers is a duration if it fits",
                text);
        require(!duration || duration->count() == value, "a duration is the sum of its parts",
                text);
    }
    if (duration) {
        const auto printed = formatDuration(*duration);
        require(parseDuration(printed) == duration, "a duration is read as it is printed", printed);
        require(formatDuration(*parseDuration(printed)) == printed, "there is one way to print it",
                printed);
    }
}

// The seconds since 1970 that the date and time at the front of `text` are, by the C library.
std::int64_t secondsIn(std::string_view text) {
    const auto number = [&](std::size_t at, std::size_t digits) {
        return std::stoi(std::string(text.substr(at, digits)));
    };
    std::tm parts{};
    parts.tm_year = number(0, 4) - 1900;
    parts.tm_mon = number(5, 2) - 1;
    parts.tm_mday = number(8, 2);
    parts.tm_hour = number(11, 2);
    parts.tm_min = number(14, 2);
    parts.tm_sec = number(17, 2);
    return timegm(&parts);
}

std::int64_t offsetSecondsIn(std::string_view text) {
    if (text.ends_with('Z')) {
        return 0;
    }
    const auto offset = text.substr(text.size() - 6);
    const auto seconds = std::stoi(std::string(offset.substr(1, 2))) * 3600 +
                         std::stoi(std::string(offset.substr(4, 2))) * 60;
    return offset.front() == '-' ? -seconds : seconds;
}

void judgePrinted(WallTime time, const std::string& printed) {
    constexpr std::string_view kShape = "0001-01-01T00:00:00.000000Z";
    require(printed.size() == kShape.size(), "a MicroTime has one length", printed);
    for (std::size_t at = 0; at < kShape.size(); ++at) {
        const bool isDigit = kDigits.find(printed[at]) != std::string_view::npos;
        require(kDigits.find(kShape[at]) == std::string_view::npos ? printed[at] == kShape[at]
                                                                   : isDigit,
                "a MicroTime has one form", printed);
    }
    const auto again = parseRfc3339(printed);
    require(again.has_value(), "a time is read as it is printed", printed);
    require(formatMicroTime(*again) == printed, "there is one way to print it", printed);
    const bool isClamped = printed.starts_with("0001-01-01T00:00:00.000000") ||
                           printed.starts_with("9999-12-31T23:59:59.999999");
    require(*again == time || isClamped, "only what is out of range is moved", printed);
}

void judgeTime(std::string_view text) {
    const auto time = parseRfc3339(text);
    if (!time) {
        return;
    }
    judgePrinted(*time, formatMicroTime(*time));
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time->time_since_epoch()).count();
    require(seconds == secondsIn(text) - offsetSecondsIn(text),
            "the C library finds the same second", text);
    require(!parseRfc3339(std::string(text) + " ") && !parseRfc3339(" " + std::string(text)),
            "a time has nothing around it", text);
}

void judgeNumber(std::int64_t number) {
    const Duration duration(number);
    const auto printed = formatDuration(duration);
    require(parseDuration(printed) == duration, "every duration survives", printed);
    // As far as microseconds since 1970 can be clamped without an overflow of their own.
    const WallTime time{std::chrono::microseconds(number)};
    judgePrinted(time, formatMicroTime(time));
}

}  // namespace

void judge(std::string_view text) {
    judgeDuration(text);
    judgeTime(text);
    std::int64_t number = 0;
    std::memcpy(&number, text.data(), std::min(text.size(), sizeof number));
    judgeNumber(number);
}

}  // namespace fuzz
