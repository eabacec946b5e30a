#include "injector/offline/yaml_scalar.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/escape.h"

namespace injector::offline {

namespace {

using elector::kubernetes::json_text::isValid;

struct Word {
    std::string_view text;
    std::string_view json;  // "": JSON has no such value
};
constexpr std::array kWords{
    Word{"y", "true"},      Word{"Y", "true"},      Word{"yes", "true"},    Word{"Yes", "true"},
    Word{"YES", "true"},    Word{"true", "true"},   Word{"True", "true"},   Word{"TRUE", "true"},
    Word{"on", "true"},     Word{"On", "true"},     Word{"ON", "true"},     Word{"n", "false"},
    Word{"N", "false"},     Word{"no", "false"},    Word{"No", "false"},    Word{"NO", "false"},
    Word{"false", "false"}, Word{"False", "false"}, Word{"FALSE", "false"}, Word{"off", "false"},
    Word{"Off", "false"},   Word{"OFF", "false"},   Word{"", "null"},       Word{"~", "null"},
    Word{"null", "null"},   Word{"Null", "null"},   Word{"NULL", "null"},   Word{".nan", ""},
    Word{".NaN", ""},       Word{".NAN", ""},       Word{".inf", ""},       Word{".Inf", ""},
    Word{".INF", ""},       Word{"+.inf", ""},      Word{"+.Inf", ""},      Word{"+.INF", ""},
    Word{"-.inf", ""},      Word{"-.Inf", ""},      Word{"-.INF", ""},
};

bool isDigit(char character) {
    return character >= '0' && character <= '9';
}

// Takes the sign at the front, if there is one.
char takeSign(std::string_view& text) {
    if (text.empty() || (text.front() != '+' && text.front() != '-')) {
        return '\0';
    }
    const char sign = text.front();
    text.remove_prefix(1);
    return sign;
}

// Takes the prefix of a base: 0x, 0o, 0b, or 0 for octal.
int takeBase(std::string_view& digits) {
    if (digits.size() < 2 || digits.front() != '0') {
        return 10;
    }
    digits.remove_prefix(1);
    switch (digits.front()) {
        case 'x':
        case 'X':
            digits.remove_prefix(1);
            return 16;
        case 'o':
        case 'O':
            digits.remove_prefix(1);
            return 8;
        case 'b':
        case 'B':
            digits.remove_prefix(1);
            return 2;
        default:
            return 8;
    }
}

// Go's strconv.ParseInt with base 0, then ParseUint, which takes no sign.
std::optional<std::string> integerIn(std::string_view text) {
    const char sign = takeSign(text);
    const int base = takeBase(text);
    std::uint64_t magnitude = 0;
    const auto [stop, problem] = std::from_chars(text.begin(), text.end(), magnitude, base);
    if (text.empty() || problem != std::errc() || stop != text.end()) {
        return std::nullopt;
    }
    constexpr std::uint64_t kMost = std::numeric_limits<std::int64_t>::max();
    if ((sign == '+' && magnitude > kMost) || (sign == '-' && magnitude > kMost + 1)) {
        return std::nullopt;
    }
    return fmt::format("{}{}", sign == '-' && magnitude != 0 ? "-" : "", magnitude);
}

std::size_t takeDigits(std::string_view& text) {
    const auto* end = std::ranges::find_if_not(text, isDigit);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
}

// [-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
bool looksLikeFloat(std::string_view text) {
    takeSign(text);
    const auto whole = takeDigits(text);
    std::size_t decimals = 0;
    if (!text.empty() && text.front() == '.') {
        text.remove_prefix(1);
        decimals = takeDigits(text);
    }
    if (whole == 0 && decimals == 0) {
        return false;
    }
    if (!text.empty() && (text.front() == 'e' || text.front() == 'E')) {
        text.remove_prefix(1);
        takeSign(text);
        if (takeDigits(text) == 0) {
            return false;
        }
    }
    return text.empty();
}

std::optional<std::string> floatIn(const std::string& text) {
    if (!looksLikeFloat(text)) {
        return std::nullopt;
    }
    const double value = std::strtod(text.c_str(), nullptr);
    if (std::isinf(value)) {
        return std::nullopt;  // too large for a float: Go leaves it a text
    }
    return isValid(text) ? text : fmt::format("{}", value);
}

// True where every underscore stands between digits, as Go's strconv.ParseFloat asks.
bool separatesDigits(std::string_view text) {
    for (std::size_t at = text.find('_'); at != std::string_view::npos;
         at = text.find('_', at + 1)) {
        if (at == 0 || at + 1 == text.size() || !isDigit(text[at - 1]) || !isDigit(text[at + 1])) {
            return false;
        }
    }
    return true;
}

std::optional<std::string> numberIn(std::string_view text) {
    std::string plain(text);
    std::erase(plain, '_');
    if (text.front() == '.') {
        return separatesDigits(text) ? floatIn(plain) : std::nullopt;
    }
    const auto integer = integerIn(plain);
    return integer ? integer : floatIn(plain);
}

}  // namespace

std::optional<std::string> resolvePlain(std::string_view text) {
    const auto* word =
        std::ranges::find_if(kWords, [&](const Word& each) { return each.text == text; });
    if (word != kWords.end()) {
        return word->json.empty() ? std::nullopt : std::optional(std::string(word->json));
    }
    const char first = text.front();
    if (isDigit(first) || first == '+' || first == '-' || first == '.') {
        if (auto number = numberIn(text)) {
            return number;
        }
    }
    return elector::runtime::jsonString(text);
}

}  // namespace injector::offline
