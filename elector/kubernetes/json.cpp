#include "elector/kubernetes/json.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Parser.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "elector/runtime/log.h"

namespace elector::kubernetes::json {

namespace {

using Poco::Dynamic::Var;
using Poco::JSON::Object;

std::string nameOf(Path path) {
    return runtime::quoted(fmt::format("{}", fmt::join(path, ".")));
}

Error mismatch(Path path, const char* expected) {
    Error error(fmt::format("{} is not {}", nameOf(path), expected));
    return error;
}

// The member at `path`, empty where it is absent or null.
Var member(const Object& object, Path path) {
    Var current;
    const Object* parent = &object;
    Object::Ptr owner;
    for (const auto* key = path.begin(); key != path.end(); ++key) {
        if (parent == nullptr) {
            throw mismatch(path, "reachable: something on the way to it is not an object");
        }
        current = parent->get(std::string(*key));
        if (current.isEmpty()) {
            return current;
        }
        const bool isObject = current.type() == typeid(Object::Ptr);
        if (isObject) {
            owner = current.extract<Object::Ptr>();
        }
        parent = isObject ? owner.get() : nullptr;
    }
    return current;
}

}  // namespace

Object parseObject(const std::string& text) {
    Var parsed;
    try {
        parsed = Poco::JSON::Parser().parse(text);
    } catch (const Poco::Exception& problem) {
        throw Error(fmt::format("it is not JSON: {}", runtime::quoted(problem.displayText())));
    }
    if (parsed.isEmpty() || parsed.type() != typeid(Object::Ptr)) {
        throw Error("it is JSON, but not an object");
    }
    return *parsed.extract<Object::Ptr>();
}

std::optional<std::string> text(const Object& object, Path path) {
    const Var value = member(object, path);
    if (value.isEmpty()) {
        return std::nullopt;
    }
    if (value.type() != typeid(std::string)) {
        throw mismatch(path, "a text");
    }
    return value.extract<std::string>();
}

std::optional<std::int64_t> integer(const Object& object, Path path) {
    const Var value = member(object, path);
    if (value.isEmpty()) {
        return std::nullopt;
    }
    // Poco reads integers as Int64, and as UInt64 those that only fit that.
    if (value.type() != typeid(Poco::Int64)) {
        throw mismatch(path, "an integer of 64 bits");
    }
    return value.extract<Poco::Int64>();
}

std::optional<bool> boolean(const Object& object, Path path) {
    const Var value = member(object, path);
    if (value.isEmpty()) {
        return std::nullopt;
    }
    if (value.type() != typeid(bool)) {
        throw mismatch(path, "true or false");
    }
    return value.extract<bool>();
}

std::optional<Object> object(const Object& object, Path path) {
    const Var value = member(object, path);
    if (value.isEmpty()) {
        return std::nullopt;
    }
    if (value.type() != typeid(Object::Ptr)) {
        throw mismatch(path, "an object");
    }
    return *value.extract<Object::Ptr>();
}

}  // namespace elector::kubernetes::json
