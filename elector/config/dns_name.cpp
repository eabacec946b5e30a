#include "elector/config/dns_name.h"

#include <algorithm>
#include <cstddef>

namespace elector::config {

namespace {

bool isLetterOrDigit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool isLabelOfAnyLength(std::string_view text) {
    return !text.empty() && isLetterOrDigit(text.front()) && isLetterOrDigit(text.back()) &&
           std::ranges::all_of(text, [](char c) { return isLetterOrDigit(c) || c == '-'; });
}

}  // namespace

bool isDnsLabel(std::string_view text) {
    constexpr std::size_t kMaxCharacters = 63;
    return text.size() <= kMaxCharacters && isLabelOfAnyLength(text);
}

bool isDnsSubdomain(std::string_view text) {
    constexpr std::size_t kMaxCharacters = 253;
    if (text.size() > kMaxCharacters) {
        return false;
    }
    for (;;) {
        const std::size_t point = text.find('.');
        if (!isLabelOfAnyLength(text.substr(0, point))) {
            return false;
        }
        if (point == std::string_view::npos) {
            return true;
        }
        text.remove_prefix(point + 1);
    }
}

}  // namespace elector::config
