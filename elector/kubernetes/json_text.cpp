#include "elector/kubernetes/json_text.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Array.h>
#include <Poco/JSON/Parser.h>

#include <charconv>

#include "elector/kubernetes/json_scanner.h"
#include "elector/runtime/escape.h"

namespace elector::kubernetes::json_text {

namespace {

// A string with escapes, by Poco's parser.
std::optional<std::string> unescaped(std::string_view value) {
    try {
        const auto parsed = Poco::JSON::Parser().parse("[" + std::string(value) + "]");
        return parsed.extract<Poco::JSON::Array::Ptr>()->get(0).extract<std::string>();
    } catch (const Poco::Exception&) {
        return std::nullopt;  // half of a surrogate pair
    }
}

// Puts an object together, member by member.
class Builder {
  public:
    void add(std::string_view rawKey, std::string_view value) {
        text_ += text_.size() == 1 ? "" : ",";
        text_ += rawKey;
        text_ += ':';
        text_ += value;
    }
    std::string finish() && { return std::move(text_) + "}"; }

  private:
    std::string text_ = "{";
};

}  // namespace

bool isValid(std::string_view text) {
    Scanner scanner(text);
    if (!scanner.skipValue()) {
        return false;
    }
    scanner.skipBlanks();
    return scanner.atEnd();
}

Kind kindOf(std::string_view value) {
    switch (value.empty() ? '\0' : value.front()) {
        case '{':
            return Kind::Object;
        case '[':
            return Kind::Array;
        case '"':
            return Kind::String;
        case 't':
        case 'f':
            return Kind::Boolean;
        case 'n':
            return Kind::Null;
        default:
            return Kind::Number;
    }
}

const char* describe(Kind kind) {
    switch (kind) {
        case Kind::Object:
            return "an object";
        case Kind::Array:
            return "an array";
        case Kind::String:
            return "a text";
        case Kind::Number:
            return "a number";
        case Kind::Boolean:
            return "a truth value";
        case Kind::Null:
            return "null";
    }
    return "";
}

std::vector<Member> membersOf(std::string_view object) {
    std::vector<Member> members;
    Scanner scanner(object);
    scanner.skipBlanks();
    bool more = scanner.take('{');
    while (more) {
        scanner.skipBlanks();
        const auto keyBegin = scanner.position();
        if (!scanner.skipString()) {
            break;  // the object is empty
        }
        const auto rawKey = scanner.since(keyBegin);
        scanner.skipBlanks();
        scanner.take(':');
        scanner.skipBlanks();
        const auto valueBegin = scanner.position();
        if (!scanner.skipValue()) {
            break;
        }
        members.push_back(
            {stringIn(rawKey).value_or(std::string(rawKey)), rawKey, scanner.since(valueBegin)});
        scanner.skipBlanks();
        more = scanner.take(',');
    }
    return members;
}

std::vector<std::string_view> elementsOf(std::string_view array) {
    std::vector<std::string_view> elements;
    Scanner scanner(array);
    scanner.skipBlanks();
    bool more = scanner.take('[');
    while (more) {
        scanner.skipBlanks();
        const auto begin = scanner.position();
        if (!scanner.skipValue()) {
            break;  // the array is empty
        }
        elements.push_back(scanner.since(begin));
        scanner.skipBlanks();
        more = scanner.take(',');
    }
    return elements;
}

std::optional<std::string_view> member(std::string_view object, std::string_view key) {
    std::optional<std::string_view> found;
    for (const auto& candidate : membersOf(object)) {
        if (candidate.key == key) {
            found = candidate.value;
        }
    }
    return found && kindOf(*found) == Kind::Null ? std::nullopt : found;
}

std::optional<std::string> stringIn(std::string_view value) {
    if (value.size() < 2 || kindOf(value) != Kind::String) {
        return std::nullopt;
    }
    if (value.find('\\') != std::string_view::npos) {
        return unescaped(value);
    }
    const auto content = value.substr(1, value.size() - 2);
    return runtime::isUtf8(content) ? std::optional(std::string(content)) : std::nullopt;
}

std::optional<std::int64_t> integerIn(std::string_view value) {
    std::int64_t number = 0;
    const auto* end = value.end();
    const auto [stop, problem] = std::from_chars(value.begin(), end, number);
    if (value.empty() || problem != std::errc() || stop != end) {
        return std::nullopt;
    }
    return number;
}

std::string withMember(std::string_view object, std::string_view key, std::string_view value) {
    Builder builder;
    bool placed = false;
    for (const auto& old : membersOf(object)) {
        if (old.key != key) {
            builder.add(old.rawKey, old.value);
        } else if (!placed) {
            builder.add(old.rawKey, value);
            placed = true;
        }
    }
    if (!placed) {
        builder.add(runtime::jsonString(key), value);
    }
    return std::move(builder).finish();
}

std::string withoutMember(std::string_view object, std::string_view key) {
    Builder builder;
    for (const auto& old : membersOf(object)) {
        if (old.key != key) {
            builder.add(old.rawKey, old.value);
        }
    }
    return std::move(builder).finish();
}

}  // namespace elector::kubernetes::json_text
