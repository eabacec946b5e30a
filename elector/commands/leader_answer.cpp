#include "elector/commands/leader_answer.h"

#include <algorithm>
#include <exception>
#include <string_view>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/escape.h"

namespace elector::commands {

namespace {

namespace json_text = kubernetes::json_text;
using json_text::Kind;

// Thrown and caught in this file alone: one way out of a dozen reads.
class WrongType : public std::exception {};

std::optional<std::string_view> optionalField(std::string_view object, std::string_view name,
                                              Kind kind) {
    const auto value = json_text::member(object, name);
    if (value && json_text::kindOf(*value) != kind) {
        throw WrongType();
    }
    return value;
}

std::optional<std::string> optionalText(std::string_view object, std::string_view name) {
    const auto value = optionalField(object, name, Kind::String);
    const auto text = value ? json_text::stringIn(*value) : std::nullopt;
    if (value && !text) {
        throw WrongType();
    }
    return text;
}

std::optional<std::int64_t> optionalInteger(std::string_view object, std::string_view name) {
    const auto value = optionalField(object, name, Kind::Number);
    const auto number = value ? json_text::integerIn(*value) : std::nullopt;
    if (value && !number) {
        throw WrongType();
    }
    return number;
}

template <typename T>
T required(std::optional<T> value) {
    if (!value) {
        throw WrongType();
    }
    return *std::move(value);
}

LeaderAnswer answerFrom(std::string_view object) {
    return {.leader = required(optionalText(object, "leader")),
            .id = required(optionalText(object, "id")),
            .isLeader = required(optionalField(object, "isLeader", Kind::Boolean)) == "true",
            .lease = optionalText(object, "lease"),
            .fencingToken = optionalText(object, "fencingToken"),
            .leaseUid = optionalText(object, "leaseUID"),
            .acquireTime = optionalText(object, "acquireTime"),
            .renewTime = optionalText(object, "renewTime"),
            .transitions = optionalInteger(object, "transitions"),
            .validForMs = optionalInteger(object, "validForMs"),
            .trouble = optionalText(object, "trouble")};
}

// JSON has control characters only between its tokens, and there only these.
bool isPrintable(const std::string& text) {
    return runtime::isUtf8(text) && std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
           });
}

}  // namespace

std::optional<LeaderAnswer> parseLeaderAnswer(const std::string& body) {
    if (!isPrintable(body) || !json_text::isValid(body)) {
        return std::nullopt;
    }
    try {
        const LeaderAnswer answer = answerFrom(body);
        const bool namesItself = !answer.id.empty() && answer.leader == answer.id;
        return answer.isLeader == namesItself ? std::optional(answer) : std::nullopt;
    } catch (const WrongType&) {
        return std::nullopt;
    }
}

}  // namespace elector::commands
