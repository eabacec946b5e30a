#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

// Characters as HTTP defines them: ASCII whatever the locale.
namespace elector::http {

constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool isAlphanumeric(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Which bytes are characters of a token. A table, so that none of them costs more than another.
constexpr std::array<bool, 256> kTokenCharacters = [] {
    std::array<bool, 256> table{};
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    for (std::size_t code = 0; code < table.size(); ++code) {
        const char c = static_cast<char>(code);
        table.at(code) = isAlphanumeric(c) || kOthers.find(c) != std::string_view::npos;
    }
    return table;
}();

// A character of a token (RFC 9110, 5.6.2): methods and field names consist of them.
constexpr bool isTokenCharacter(char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
}

constexpr char toLower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, toLower, toLower);
}

constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

}  // namespace elector::http
