#include "elector/commands/leader_answer.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <stdexcept>
#include <type_traits>

#include "elector/runtime/escape.h"

namespace elector::commands {

namespace {

// Thrown and caught in this file alone: one way out of a dozen reads.
class WrongType : public std::exception {};

// The field as exactly a T: Poco's own conversions would take "5" for 5 and 1 for true.
template <typename T>
std::optional<T> optionalField(const Poco::JSON::Object& object, const std::string& name) {
    const Poco::Dynamic::Var value = object.get(name);
    if (value.isEmpty()) {
        return std::nullopt;
    }
    const bool fits = std::is_same_v<T, std::int64_t> ? value.isInteger() && !value.isBoolean()
                                                      : value.type() == typeid(T);
    if (!fits) {
        throw WrongType();
    }
    return value.convert<T>();
}

template <typename T>
T requiredField(const Poco::JSON::Object& object, const std::string& name) {
    const auto value = optionalField<T>(object, name);
    if (!value) {
        throw WrongType();
    }
    return *value;
}

LeaderAnswer answerFrom(const Poco::JSON::Object& object) {
    return {.leader = requiredField<std::string>(object, "leader"),
            .id = requiredField<std::string>(object, "id"),
            .isLeader = requiredField<bool>(object, "isLeader"),
            .lease = optionalField<std::string>(object, "lease"),
            .fencingToken = optionalField<std::string>(object, "fencingToken"),
            .leaseUid = optionalField<std::string>(object, "leaseUID"),
            .acquireTime = optionalField<std::string>(object, "acquireTime"),
            .renewTime = optionalField<std::string>(object, "renewTime"),
            .transitions = optionalField<std::int64_t>(object, "transitions"),
            .validForMs = optionalField<std::int64_t>(object, "validForMs"),
            .trouble = optionalField<std::string>(object, "trouble")};
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
    if (!isPrintable(body)) {
        return std::nullopt;
    }
    try {
        const Poco::Dynamic::Var parsed = Poco::JSON::Parser().parse(body);
        if (parsed.type() != typeid(Poco::JSON::Object::Ptr)) {
            return std::nullopt;
        }
        const LeaderAnswer answer = answerFrom(*parsed.extract<Poco::JSON::Object::Ptr>());
        const bool namesItself = !answer.id.empty() && answer.leader == answer.id;
        return answer.isLeader == namesItself ? std::optional(answer) : std::nullopt;
    } catch (const Poco::Exception&) {
        return std::nullopt;
    } catch (const WrongType&) {
        return std::nullopt;
    }
}

}  // namespace elector::commands
