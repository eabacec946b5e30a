#include "elector/http/header_fields.h"

#include <algorithm>

#include "elector/http/ascii.h"

namespace elector::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

HeaderFields::Outcome HeaderFields::read(std::string_view text, std::size_t mostFields) {
    lines_.clear();
    while (!text.empty()) {
        const std::size_t end = text.find(kLineEnd);
        if (end == 0) {
            break;
        }
        if (end == std::string_view::npos) {
            return Outcome::Malformed;
        }
        const std::string_view line = text.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) {
            return Outcome::Malformed;
        }
        if (lines_.size() == mostFields) {
            return Outcome::TooMany;
        }
        lines_.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1))});
        text.remove_prefix(end + kLineEnd.size());
    }
    return Outcome::Read;
}

std::optional<std::string_view> HeaderFields::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        lines_, [name](const HeaderLine& line) { return equalsIgnoringCase(line.name, name); });
    return found == lines_.end() ? std::nullopt : std::optional(found->value);
}

std::size_t HeaderFields::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [name](const HeaderLine& line) { return equalsIgnoringCase(line.name, name); }));
}

bool listsToken(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equalsIgnoringCase(trimmed(list.substr(0, comma)), token)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, isTokenCharacter);
}

}  // namespace elector::http
