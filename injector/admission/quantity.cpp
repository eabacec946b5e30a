#include "injector/admission/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>

namespace injector::admission {

namespace {

struct Suffix {
    std::string_view name;
    int decimal;  // the power of ten
    int binary;   // the power of two
};

constexpr std::array<Suffix, 16> kSuffixes{{{"", 0, 0},
                                            {"n", -9, 0},
                                            {"u", -6, 0},
                                            {"m", -3, 0},
                                            {"k", 3, 0},
                                            {"M", 6, 0},
                                            {"G", 9, 0},
                                            {"T", 12, 0},
                                            {"P", 15, 0},
                                            {"E", 18, 0},
                                            {"Ki", 0, 10},
                                            {"Mi", 0, 20},
                                            {"Gi", 0, 30},
                                            {"Ti", 0, 40},
                                            {"Pi", 0, 50},
                                            {"Ei", 0, 60}}};

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

// The digits at the front of a quantity, as an integer and the power of ten that goes with it.
struct Digits {
    std::int64_t integer = 0;
    int exponent = 0;
};

std::optional<Digits> takeDigits(std::string_view& text) {
    constexpr std::size_t kMaxDigits = 15;  // what a double holds exactly
    Digits digits;
    std::size_t count = 0;
    bool fraction = false;
    for (; !text.empty() && (isDigit(text.front()) || text.front() == '.'); text.remove_prefix(1)) {
        if (text.front() == '.') {
            if (fraction) {
                return std::nullopt;
            }
            fraction = true;
            continue;
        }
        digits.integer = digits.integer * 10 + (text.front() - '0');
        digits.exponent -= fraction ? 1 : 0;
        if (++count > kMaxDigits) {
            return std::nullopt;
        }
    }
    return count == 0 ? std::nullopt : std::optional(digits);
}

// What follows the digits: a suffix, or "e" or "E" with an exponent.
std::optional<Suffix> suffixOf(std::string_view text) {
    const auto* const known =
        std::ranges::find_if(kSuffixes, [&](const Suffix& suffix) { return suffix.name == text; });
    if (known != kSuffixes.end()) {
        return *known;
    }
    if (text.size() < 2 || (text.front() != 'e' && text.front() != 'E')) {
        return std::nullopt;
    }
    const bool plus = text[1] == '+';
    text.remove_prefix(plus ? 2 : 1);
    constexpr int kMaxExponent = 18;
    int exponent = 0;
    const auto* const end = text.end();
    const auto [stop, problem] = std::from_chars(text.begin(), end, exponent);
    if (problem != std::errc() || stop != end || exponent > kMaxExponent ||
        exponent < -kMaxExponent || (plus && text.front() == '-')) {
        return std::nullopt;
    }
    return Suffix{text, exponent, 0};
}

// Exact up to 10^22.
double powerOfTen(int exponent) {
    double power = 1;
    for (int i = 0; i < exponent; ++i) {
        power *= 10;
    }
    return power;
}

std::string complaintAboutBytes(const std::string& text, std::string_view kind) {
    constexpr double kLeast = 1048576;
    const auto amount = parseQuantity(text);
    return amount && *amount >= kLeast
               ? ""
               : fmt::format(
                     "write an amount of {} from 1Mi, such as 32Mi or 64M, by Kubernetes' "
                     "syntax",
                     kind);
}

}  // namespace

std::optional<double> parseQuantity(std::string_view text) {
    constexpr std::size_t kMaxCharacters = 32;  // zeros before an exponent could go on for ever
    if (text.size() > kMaxCharacters) {
        return std::nullopt;
    }
    const auto digits = takeDigits(text);
    const auto suffix = digits ? suffixOf(text) : std::nullopt;
    if (!suffix) {
        return std::nullopt;
    }
    // One multiplication or division of two exact numbers, and a power of two, which rounds
    // nothing: so equal amounts are equal, however they are written.
    const int exponent = digits->exponent + suffix->decimal;
    const auto integer = static_cast<double>(digits->integer);
    const double amount =
        exponent < 0 ? integer / powerOfTen(-exponent) : integer * powerOfTen(exponent);
    return std::ldexp(amount, suffix->binary);
}

std::string complaintAboutCpu(const std::string& text) {
    constexpr double kLeast = 0.001;
    const auto amount = parseQuantity(text);
    return amount && *amount >= kLeast
               ? ""
               : "write an amount of CPU from 1m, such as 10m or 0.5, by Kubernetes' syntax";
}

std::string complaintAboutMemory(const std::string& text) {
    return complaintAboutBytes(text, "memory");
}

std::string complaintAboutStorage(const std::string& text) {
    return complaintAboutBytes(text, "storage");
}

}  // namespace injector::admission
