// JSON that is taken apart as text. The input is any text.
#include <algorithm>
#include <array>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_filter.h"
#include "elector/runtime/json_text.h"
#include "tests/fuzz/property.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
using json_text::Kind;

// A second reader of RFC 8259, as plain as can be: takes one value from the front of a text.
class PlainReader {
  public:
    explicit PlainReader(std::string_view text) : rest_(text) {}

    // Whether it is; nothing where it is nested too deep for this reader, which needs the stack.
    std::optional<bool> isOneValue() {
        const bool read = takeValue(0);
        skipBlanks();
        return isTooDeep_ ? std::nullopt : std::optional(read && rest_.empty());
    }

  private:
    bool take(char character) {
        if (!rest_.starts_with(character)) {
            return false;
        }
        rest_.remove_prefix(1);
        return true;
    }

    bool takeWord(std::string_view word) {
        if (!rest_.starts_with(word)) {
            return false;
        }
        rest_.remove_prefix(word.size());
        return true;
    }

    // How many of `characters` stand here, up to `most`.
    std::size_t takeOf(std::string_view characters, std::size_t most = std::string_view::npos) {
        const auto count = std::min({rest_.find_first_not_of(characters), rest_.size(), most});
        rest_.remove_prefix(count);
        return count;
    }

    void skipBlanks() { takeOf(" \t\r\n"); }

    bool takeNumber() {
        constexpr std::string_view kDigits = "0123456789";
        take('-');
        if (!take('0') && takeOf(kDigits) == 0) {
            return false;
        }
        if (take('.') && takeOf(kDigits) == 0) {
            return false;
        }
        return takeOf("eE", 1) == 0 || (takeOf("+-", 1) <= 1 && takeOf(kDigits) > 0);
    }

    bool takeString() {
        if (!take('"')) {
            return false;
        }
        while (!rest_.empty() && !rest_.starts_with('"')) {
            if (take('\\')) {
                const bool known = take('u') ? takeOf("0123456789abcdefABCDEF", 4) == 4
                                             : takeOf("\"\\/bfnrt", 1) == 1;
                if (!known) {
                    return false;
                }
            } else if (static_cast<unsigned char>(rest_.front()) < ' ') {
                return false;
            } else {
                rest_.remove_prefix(1);
            }
        }
        return take('"');
    }

    // What stands between brackets: one or more of `takeOne`, with commas.
    bool takeList(char end, const std::function<bool()>& takeOne) {
        skipBlanks();
        if (take(end)) {
            return true;
        }
        do {
            if (!takeOne()) {
                return false;
            }
            skipBlanks();
        } while (take(','));
        return take(end);
    }

    bool takeMember(std::size_t depth) {
        skipBlanks();
        if (!takeString()) {
            return false;
        }
        skipBlanks();
        return take(':') && takeValue(depth);
    }

    bool takeValue(std::size_t depth) {
        skipBlanks();
        const bool isObject = rest_.starts_with('{');
        if (isObject || rest_.starts_with('[')) {
            rest_.remove_prefix(1);
            if (depth == kMostDepth) {
                isTooDeep_ = true;
                return false;
            }
            return isObject ? takeList('}', [&] { return takeMember(depth + 1); })
                            : takeList(']', [&] { return takeValue(depth + 1); });
        }
        return rest_.starts_with('"')
                   ? takeString()
                   : takeWord("true") || takeWord("false") || takeWord("null") || takeNumber();
    }

    static constexpr std::size_t kMostDepth = 1000;

    std::string_view rest_;
    bool isTooDeep_ = false;
};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const auto begin = std::min(text.find_first_not_of(kBlanks), text.size());
    return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

// `text` without the blanks outside its strings.
std::string compact(std::string_view text) {
    std::string result;
    bool inString = false;
    for (std::size_t at = 0; at < text.size(); ++at) {
        const char character = text[at];
        if (inString && character == '\\') {
            result += character;
            result += text[++at];
            continue;
        }
        inString = inString != (character == '"');
        if (inString || std::string_view(" \t\r\n").find(character) == std::string_view::npos) {
            result += character;
        }
    }
    return result;
}

// `value`, taken apart and put together again.
std::string rebuilt(std::string_view value) {
    switch (json_text::kindOf(value)) {
        case Kind::Object: {
            std::string text;
            for (const auto& member : json_text::membersOf(value)) {
                text += text.empty() ? "{" : ",";
                text += std::string(member.rawKey) + ":" + rebuilt(member.value);
            }
            return text.empty() ? "{}" : text + "}";
        }
        case Kind::Array: {
            std::string text;
            for (const auto element : json_text::elementsOf(value)) {
                text += (text.empty() ? "[" : ",") + rebuilt(element);
            }
            return text.empty() ? "[]" : text + "]";
        }
        case Kind::String:
        case Kind::Number:
        case Kind::Boolean:
        case Kind::Null:
            break;
    }
    return std::string(value);
}

void requireInside(std::string_view part, std::string_view text) {
    require(part.data() >= text.data() && part.data() + part.size() <= text.data() + text.size(),
            "a part of a text lies in it", text);
}

// Of what is no JSON there are parts or nothing.
void judgeParts(std::string_view text) {
    for (const auto& member : json_text::membersOf(text)) {
        requireInside(member.rawKey, text);
        requireInside(member.value, text);
    }
    for (const auto element : json_text::elementsOf(text)) {
        requireInside(element, text);
    }
    json_text::stringIn(text);
    json_text::integerIn(text);
    json_text::withMember(text, "key", "1");
}

void judgeEditing(std::string_view value) {
    const auto with = json_text::withMember(value, "k\"ey", "[1]");
    require(json_text::isValid(with), "what was added to is JSON", with);
    require(json_text::member(with, "k\"ey") == "[1]", "what was added is there", with);
    const auto without = json_text::withoutMember(with, "k\"ey");
    require(json_text::isValid(without) && !json_text::member(without, "k\"ey"),
            "what was taken away is gone", without);
}

constexpr std::array kDropped{json_text::Keep::Member{"a", nullptr}};
constexpr json_text::Keep kWithoutA{.members = kDropped};
constexpr json_text::Keep kAtMostTen{.most = 10};
constexpr json_text::Keep kShortOnes{
    .othersBeginWith = "a", .others = &kAtMostTen, .elements = &kAtMostTen, .most = 100};

// What a filter keeps of `text`; nothing where it is no JSON to it.
std::optional<std::string> filtered(const json_text::Keep& keep, std::string_view text,
                                    std::size_t piece) {
    constexpr std::size_t kMost = 1000;
    json_text::Filter filter(keep, kMost);
    for (; !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
        filter.take(text.substr(0, piece));
        require(filter.text().size() <= kMost + piece, "a filter keeps no more than it may");
    }
    return filter.isComplete() ? std::optional(std::move(filter).finish()) : std::nullopt;
}

void judgeFilter(std::string_view text, bool isValid) {
    constexpr std::size_t kMostCompared = 1000;
    for (const auto* keep : {&kWithoutA, &kShortOnes}) {
        const auto whole = filtered(*keep, text, std::max<std::size_t>(text.size(), 1));
        require(whole == filtered(*keep, text, 1), "pieces change nothing of what is kept", text);
        require(!isValid || (whole && (whole->empty() || json_text::isValid(*whole))),
                "what is kept of JSON is JSON", text);
    }
    if (isValid && text.size() < kMostCompared) {
        const auto value = trimmed(text);
        const auto expected = json_text::kindOf(value) == Kind::Object
                                  ? json_text::withoutMember(value, "a")
                                  : std::string(value);
        require(filtered(kWithoutA, text, text.size()) == expected,
                "a member is dropped, and nothing else", text);
    }
}

void judgeText(std::string_view text) {
    const auto string = elector::runtime::jsonString(text);
    require(json_text::isValid(string), "every text can be said in JSON", string);
    const auto said = json_text::stringIn(string);
    require(said.has_value(), "what was said can be read", string);
    require(!elector::runtime::isUtf8(text) || said == text, "a text says what it was", string);
}

}  // namespace

void judge(std::string_view text) {
    const bool isValid = json_text::isValid(text);
    const auto plain = PlainReader(text).isOneValue();
    require(isValid == plain.value_or(isValid), "two readers agree on what JSON is", text);
    judgeParts(text);
    judgeText(text);
    judgeFilter(text, isValid);
    if (isValid && plain) {
        const auto value = trimmed(text);
        require(rebuilt(value) == compact(value), "the parts of a value are the value", text);
        judgeEditing(value);
    }
}

}  // namespace fuzz
