#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <utility>
#include <vector>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/offline/yaml.h"

namespace injector::offline {

namespace {

namespace json_text = elector::json_text;
using json_text::Kind;

constexpr std::size_t kStep = 2;

bool isWordCharacter(char character) {
    const auto byte = static_cast<unsigned char>(character);
    return std::isalnum(byte) != 0 || character == '_' || character == '/';
}

// True for what no reader of YAML takes for anything but this text: it begins with a letter, and
// no mark in it has a meaning where it stands.
bool isPlain(std::string_view text) {
    constexpr std::string_view kInner = "-.:@ ";
    if (text.empty() || (std::isdigit(static_cast<unsigned char>(text.front())) != 0) ||
        !isWordCharacter(text.front()) || !isWordCharacter(text.back())) {
        return false;
    }
    bool wasMark = false;  // the last one was a blank or a colon, which need a word behind them
    for (const char character : text) {
        const bool isMark = character == ' ' || character == ':';
        const bool isWord = isWordCharacter(character);
        if (!isWord && (kInner.find(character) == std::string_view::npos || wasMark)) {
            return false;
        }
        wasMark = isMark;
    }
    const auto resolved = resolvePlain(text);
    return resolved && resolved->front() == '"';
}

// What JSON takes in a string as it is, but Go's reader of YAML does not.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kUnreadable{
    {{"\ufeff", "\\ufeff"}, {"\ufffe", "\\ufffe"}, {"\uffff", "\\uffff"}}};

std::string inQuotes(std::string_view text) {
    auto quotes = elector::runtime::jsonString(text);
    for (const auto& [raw, escaped] : kUnreadable) {
        for (auto at = quotes.find(raw); at != std::string::npos; at = quotes.find(raw, at)) {
            quotes.replace(at, raw.size(), escaped);
        }
    }
    return quotes;
}

bool isPrintable(std::string_view text) {
    if (std::ranges::any_of(kUnreadable, [&](const auto& each) {
            return text.find(each.first) != std::string_view::npos;
        })) {
        return false;
    }
    while (!text.empty()) {
        const auto character = elector::runtime::firstCharacter(text);
        if (!character.printable && text.front() != '\n' && text.front() != '\t') {
            return false;
        }
        text.remove_prefix(character.length);
    }
    return true;
}

std::vector<std::string_view> linesOf(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// True for what reads the same as a literal block: its first line shows the indentation, no line
// is blanks alone, and at most one line feed ends it.
bool isBlock(std::string_view text) {
    if (text.find('\n') == std::string_view::npos || text.ends_with("\n\n") ||
        std::string_view(" \t\n").find(text.front()) != std::string_view::npos) {
        return false;
    }
    const auto lines = linesOf(text);
    return isPrintable(text) && std::ranges::none_of(lines, [](auto line) {
               return !line.empty() && line.find_first_not_of(" \t") == std::string_view::npos;
           });
}

std::string block(std::string_view text, std::size_t indent) {
    std::string out = text.ends_with('\n') ? "|" : "|-";
    for (const auto line : linesOf(text)) {
        out += '\n';
        out += line.empty() ? "" : std::string(indent, ' ') + std::string(line);
    }
    return out;
}

// A value without a value in it. `indent` is that of a block's lines.
std::string scalar(std::string_view value, std::size_t indent) {
    switch (json_text::kindOf(value)) {
        case Kind::Object:
            return "{}";
        case Kind::Array:
            return "[]";
        case Kind::Number:
        case Kind::Boolean:
        case Kind::Null:
            return std::string(value);
        case Kind::String:
            break;
    }
    const auto text = json_text::stringIn(value);
    if (!text) {
        return std::string(value);
    }
    if (isBlock(*text)) {
        return block(*text, indent);
    }
    return isPlain(*text) ? *text : inQuotes(*text);
}

// A mapping or list that is being written.
struct Unwritten {
    bool isMapping = false;
    std::vector<json_text::Member> members;  // of a list, without keys
    std::size_t next = 0;
    std::size_t indent = 0;
    bool isBehindDash = false;  // its first line has its indentation already
};

Unwritten openedOf(std::string_view value, std::size_t indent, bool isBehindDash) {
    Unwritten open{.isMapping = json_text::kindOf(value) == Kind::Object,
                   .members = json_text::membersOf(value),
                   .next = 0,
                   .indent = indent,
                   .isBehindDash = isBehindDash};
    for (const auto element : json_text::elementsOf(value)) {
        open.members.push_back({"", "", element});
    }
    return open;
}

// A key and its colon. A long one is marked as such (YAML 1.2, 7.4.2): readers do not look for the
// colon further than 1,024 characters.
std::string keyOf(const json_text::Member& member, std::size_t indent) {
    constexpr std::size_t kLongestUnmarked = 1000;
    const auto key = isPlain(member.key) ? member.key : inQuotes(member.key);
    return key.size() <= kLongestUnmarked ? key + ":"
                                          : "? " + key + "\n" + std::string(indent, ' ') + ":";
}

}  // namespace

std::string writeYaml(std::string_view json) {
    std::string out;
    std::vector<Unwritten> stack{openedOf(json, 0, false)};
    if (stack.back().members.empty()) {
        return "{}\n";
    }
    while (!stack.empty()) {
        auto& open = stack.back();
        if (open.next == open.members.size()) {
            stack.pop_back();
            continue;
        }
        const bool isIndented = open.next == 0 && open.isBehindDash;
        out += isIndented ? "" : std::string(open.indent, ' ');
        const auto& member = open.members[open.next++];
        out += open.isMapping ? keyOf(member, open.indent) : "-";
        auto inner = openedOf(member.value, open.indent + kStep, !open.isMapping);
        if (inner.members.empty()) {
            out += " " + scalar(member.value, open.indent + kStep) + "\n";
            continue;
        }
        if (open.isMapping) {
            inner.indent -= inner.isMapping ? 0 : kStep;  // a list stands below its key
        }
        out += open.isMapping ? "\n" : " ";
        stack.push_back(std::move(inner));
    }
    return out;
}

}  // namespace injector::offline
