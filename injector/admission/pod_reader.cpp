#include "injector/admission/pod_reader.h"

#include <algorithm>
#include <utility>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"

namespace injector::admission {

// ------------------------------------------------------------------------------------ short text

namespace {

namespace json_text = elector::json_text;

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

// ------------------------------------------------------------------------------------ pod reader

void PodReader::complain(std::string problem) {
    if (problem_.empty()) {
        problem_ = std::move(problem);
    }
}

void PodReader::refuse(std::string sentence) {
    isRefused_ = isRefused_ || problem_.empty();
    complain(std::move(sentence));
}

void PodReader::limit(std::size_t count, std::size_t most, std::string_view path) {
    if (count > most) {
        refuse(fmt::format("{} with {} elements is refused: allowed are at most {}", path, count,
                           most));
    }
}

PodReader::Value PodReader::typed(Value value, Kind kind, std::string_view path) {
    if (!value || json_text::kindOf(*value) == Kind::Null) {
        return std::nullopt;
    }
    const Kind found = json_text::kindOf(*value);
    if (found != kind) {
        complain(fmt::format("{} is {}, not {}", path, json_text::describe(found),
                             json_text::describe(kind)));
        return std::nullopt;
    }
    return value;
}

std::string PodReader::text(Value value, std::string_view path) {
    constexpr std::size_t kMostBytes = 512;
    const auto found = typed(value, Kind::String, path);
    if (!found) {
        return "";
    }
    auto decoded = shortTextIn(*found, kMostBytes);
    if (!decoded) {
        complain(fmt::format("{} is no Unicode text", path));
        return "";
    }
    if (decoded->size() > kMostBytes) {
        refuse(fmt::format("{} with {} bytes is refused: allowed are at most {}", path,
                           found->size(), kMostBytes));
    }
    return *std::move(decoded);
}

bool PodReader::truth(Value value, std::string_view path) {
    return typed(value, Kind::Boolean, path) == "true";
}

std::optional<std::int64_t> PodReader::integer(Value value, std::string_view path) {
    const auto found = typed(value, Kind::Number, path);
    const auto number = found ? json_text::integerIn(*found) : std::nullopt;
    if (found && !number) {
        complain(fmt::format("{} is no integer of 64 bits", path));
    }
    return number;
}

}  // namespace injector::admission
