#include "injector/admission/short_text.h"

#include <algorithm>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/escape.h"

namespace injector::admission {

namespace {

namespace json_text = elector::kubernetes::json_text;

// The bytes that the character at the front of a string's content takes as it is written there.
std::size_t writtenLength(std::string_view content) {
    constexpr std::size_t kUnit = 6;  // \uXXXX
    if (content.front() != '\\') {
        return elector::runtime::firstCharacter(content).length;
    }
    if (!content.starts_with("\\u")) {
        return 2;
    }
    // The first half of a surrogate pair: D8 to DB.
    const std::string_view digits = content.substr(2, 2);
    const bool isPair = digits.size() == 2 && (digits[0] == 'd' || digits[0] == 'D') &&
                        std::string_view("89abAB").find(digits[1]) != std::string_view::npos;
    return isPair ? 2 * kUnit : kUnit;
}

}  // namespace

std::optional<std::string> shortTextIn(std::string_view value, std::size_t most) {
    constexpr std::size_t kMostOfByte = 6;
    const std::size_t room = kMostOfByte * (most + 1);
    if (value.size() <= room + 2 || json_text::kindOf(value) != json_text::Kind::String) {
        return json_text::stringIn(value);
    }
    const std::string_view content = value.substr(1, value.size() - 2);
    std::size_t end = 0;
    while (end < room) {
        end += writtenLength(content.substr(end));
    }
    end = std::min(end, content.size());
    std::string beginning;
    beginning.reserve(end + 2);
    beginning += '"';
    beginning += content.substr(0, end);
    beginning += '"';
    return json_text::stringIn(beginning);
}

}  // namespace injector::admission
