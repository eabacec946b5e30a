#include "injector/admission/pod_reader.h"

#include <utility>

#include "injector/admission/short_text.h"

namespace injector::admission {

namespace json_text = elector::kubernetes::json_text;

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
