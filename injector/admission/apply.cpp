#include <fmt/format.h>

#include <charconv>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "injector/admission/admission.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
using json_text::Kind;

struct Operation {
    std::string name;
    std::string path;
    std::string_view value;
};

[[noreturn]] void refuse(const Operation& operation, std::string_view why) {
    throw std::invalid_argument(fmt::format("the patch does not fit: {} \"{}\": {}",
                                            elector::runtime::quoted(operation.name),
                                            elector::runtime::quoted(operation.path), why));
}

// The parts of a JSON Pointer, decoded.
std::vector<std::string> partsOf(const Operation& operation) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < operation.path.size(); ++i) {
        const char c = operation.path[i];
        if (c == '/') {
            parts.emplace_back();
            continue;
        }
        if (parts.empty()) {
            refuse(operation, "a path begins with a slash");
        }
        if (c != '~') {
            parts.back() += c;
            continue;
        }
        const char code = ++i < operation.path.size() ? operation.path[i] : '\0';
        if (code != '0' && code != '1') {
            refuse(operation, "a tilde stands alone");
        }
        parts.back() += code == '0' ? '~' : '/';
    }
    return parts;
}

// The index that `part` is, as JSON Pointer writes it.
std::optional<std::size_t> indexIn(std::string_view part) {
    std::size_t index = 0;
    const auto* const end = part.end();
    const auto [stop, problem] = std::from_chars(part.begin(), end, index);
    const bool written = part == "0" || (!part.empty() && part.front() != '0');
    return written && problem == std::errc() && stop == end ? std::optional(index) : std::nullopt;
}

// A member of the object, the last one of its key; not as json_text::member, for which null is
// none.
std::optional<std::string_view> memberIn(std::string_view object, std::string_view key) {
    std::optional<std::string_view> found;
    for (const auto& member : json_text::membersOf(object)) {
        if (member.key == key) {
            found = member.value;
        }
    }
    return found;
}

std::optional<std::string_view> childOf(std::string_view value, const std::string& part) {
    if (json_text::kindOf(value) == Kind::Object) {
        return memberIn(value, part);
    }
    const auto elements = json_text::elementsOf(value);
    const auto index = indexIn(part);
    return index && *index < elements.size() ? std::optional(elements[*index]) : std::nullopt;
}

std::string_view valueAt(std::string_view document, const std::vector<std::string>& parts,
                         std::size_t count, const Operation& operation) {
    std::string_view value = document;
    for (std::size_t i = 0; i < count; ++i) {
        const auto child = childOf(value, parts[i]);
        if (!child) {
            refuse(operation, "there is no such place");
        }
        value = *child;
    }
    return value;
}

bool isSame(std::string_view one, std::string_view other) {
    const auto text = json_text::stringIn(one);
    return text ? text == json_text::stringIn(other) : one == other;
}

// What changes in the document's text: `length` bytes at `at` give way to `text`.
struct Splice {
    const char* at;
    std::size_t length;
    std::string text;
};

Splice intoObject(std::string_view object, const std::string& key, std::string_view value) {
    if (const auto old = memberIn(object, key)) {
        return {old->begin(), old->size(), std::string(value)};
    }
    const std::string member = elector::runtime::jsonString(key) + ':' + std::string(value);
    const auto members = json_text::membersOf(object);
    if (members.empty()) {
        return {object.begin() + 1, 0, member};
    }
    const auto& last = members.back().value;
    return {last.end(), 0, "," + member};
}

Splice intoArray(std::string_view array, const std::string& part, std::string_view value,
                 const Operation& operation) {
    const auto elements = json_text::elementsOf(array);
    const auto index = part == "-" ? std::optional(elements.size()) : indexIn(part);
    if (!index || *index > elements.size()) {
        refuse(operation, "there is no such index");
    }
    if (elements.empty()) {
        return {array.begin() + 1, 0, std::string(value)};
    }
    if (*index < elements.size()) {
        return {elements[*index].begin(), 0, std::string(value) + ","};
    }
    const auto& last = elements.back();
    return {last.end(), 0, "," + std::string(value)};
}

Splice spliceFor(std::string_view document, const Operation& operation) {
    const auto parts = partsOf(operation);
    if (parts.empty()) {
        return {document.begin(), document.size(), std::string(operation.value)};
    }
    const std::string_view parent = valueAt(document, parts, parts.size() - 1, operation);
    const Kind kind = json_text::kindOf(parent);
    if (kind == Kind::Object) {
        return intoObject(parent, parts.back(), operation.value);
    }
    if (kind == Kind::Array) {
        return intoArray(parent, parts.back(), operation.value, operation);
    }
    refuse(operation, "its parent is neither an object nor an array");
}

// The value that a JSON text is, without the blanks around it.
std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

void applyOne(std::string& document, const Operation& operation) {
    const std::string_view whole = trimmed(document);
    if (operation.name == "test") {
        const auto parts = partsOf(operation);
        if (!isSame(valueAt(whole, parts, parts.size(), operation), operation.value)) {
            refuse(operation, "another value stands there");
        }
        return;
    }
    if (operation.name != "add") {
        refuse(operation, "allowed are add and test");
    }
    const Splice splice = spliceFor(whole, operation);
    document.replace(static_cast<std::size_t>(splice.at - document.data()), splice.length,
                     splice.text);
}

std::string textMember(std::string_view operation, std::string_view key) {
    const auto value = json_text::member(operation, key);
    const auto text = value ? json_text::stringIn(*value) : std::nullopt;
    if (!text) {
        throw std::invalid_argument(
            fmt::format("the patch has an operation without the text \"{}\"", key));
    }
    return *text;
}

}  // namespace

std::string apply(std::string_view document, std::string_view patch) {
    if (!json_text::isValid(document) || !json_text::isValid(patch)) {
        throw std::invalid_argument("the document or its patch is no JSON");
    }
    patch = trimmed(patch);
    if (json_text::kindOf(patch) != Kind::Array) {
        throw std::invalid_argument("a patch is an array of operations");
    }
    std::string result(document);
    for (const std::string_view element : json_text::elementsOf(patch)) {
        const Operation operation{textMember(element, "op"), textMember(element, "path"),
                                  memberIn(element, "value").value_or("null")};
        applyOne(result, operation);
    }
    return result;
}

}  // namespace injector::admission
