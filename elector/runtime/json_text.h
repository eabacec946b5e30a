#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// JSON that is taken apart and put together as text, so that what is not touched comes back exactly
// as it was read: numbers of any size, unknown members, their order. (Poco::JSON turns
// 18446744073709551616 into 0.)
//
// A "value" here is the text of one JSON value without blanks around it. All functions but isValid
// expect parts of a text that isValid() accepted; of others they give parts or nothing. Where a key
// stands twice in an object, the last one counts, as it does for Go and for Poco.
namespace elector::json_text {

// True if `text` is exactly one JSON value by RFC 8259, nested however deep: an API server takes
// objects of any depth, and nothing here needs the stack for it.
bool isValid(std::string_view text);

enum class Kind { Object, Array, String, Number, Boolean, Null };
Kind kindOf(std::string_view value);

// "an object", "a number", ...: for sentences.
const char* describe(Kind kind);

struct Member {
    std::string key;          // decoded
    std::string_view rawKey;  // with its quotes
    std::string_view value;
};
// The members of an object in their order; none of any other value.
std::vector<Member> membersOf(std::string_view object);

// The elements of an array; none of any other value.
std::vector<std::string_view> elementsOf(std::string_view array);

// The value of the member `key`; nothing where it is absent, is null, or `object` is no object.
std::optional<std::string_view> member(std::string_view object, std::string_view key);

// What a string says, in UTF-8. Nothing where `value` is no string, or one that is no Unicode.
std::optional<std::string> stringIn(std::string_view value);

// What stands in `object` at the end of a path of keys, which is any range of texts; `object`
// itself for an empty one, "" where there is nothing.
template <typename Path = std::initializer_list<std::string_view>>
std::string_view at(std::string_view object, const Path& path) {
    for (const std::string_view key : path) {
        object = member(object, key).value_or("");
    }
    return object;
}

// What the member `key` of `object` says; `otherwise` where it is absent or no string.
std::string textAt(std::string_view object, std::string_view key, std::string_view otherwise = "");

// Nothing where `value` is no number, has decimals or an exponent, or does not fit.
std::optional<std::int64_t> integerIn(std::string_view value);

// `object` with the member `key` set to `value`, in its old place or at the end. What is no object
// counts as an empty one.
std::string withMember(std::string_view object, std::string_view key, std::string_view value);
// The same for several members at once, of different keys.
struct NewMember {
    std::string_view key;
    std::string_view value;
};
std::string withMembers(std::string_view object, std::span<const NewMember> members);
std::string withoutMember(std::string_view object, std::string_view key);

// Whether two values say the same, however the members of their objects are ordered and their
// strings are escaped. Numbers are compared by their digits. Recursive, to the depth of the
// shallower one: one of the two is of our own making.
bool saysTheSame(std::string_view one, std::string_view other);

// -------------------------------------------------- where nothing is to be copied or collected

// What JSON has between its parts.
bool isBlank(char character);
// Where the characters end that begin at `from` and stand for themselves in a string: at a quote, a
// backslash, a control character, or the end of `text`.
std::size_t plainEnd(std::string_view text, std::size_t from);

// Goes through a JSON text and tells where its parts begin and end. Strict (RFC 8259), without
// recursion, to any depth, and in one pass. Each function that answers false has met what is no
// JSON.
class Scanner {
  public:
    explicit Scanner(std::string_view text) : text_(text) {}

    std::size_t position() const { return at_; }
    bool atEnd() const { return at_ == text_.size(); }
    // The text between `begin` and here.
    std::string_view since(std::size_t begin) const { return text_.substr(begin, at_ - begin); }

    void skipBlanks();
    // Takes `character` if it stands here.
    bool take(char character);
    bool skipString();
    // A key, its colon and the blanks around them.
    bool skipKey();
    // One value with all that is in it.
    bool skipValue();
    // The same in a text that skipValue() has accepted: looks for the value's end and for nothing
    // else, in a third of the time. Of any other text it takes some part.
    bool passValue();

  private:
    bool passString();
    bool skipScalar();
    bool skipNumber();
    bool skipDigits();
    char peek() const { return atEnd() ? '\0' : text_[at_]; }

    std::string_view text_;
    std::size_t at_ = 0;
};

// Calls visit(rawKey, value) for each member in their order, where a raw key has its quotes.
template <typename Visit>
void forEachMember(std::string_view object, Visit visit) {
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
        if (!scanner.passValue()) {
            break;
        }
        visit(rawKey, scanner.since(valueBegin));
        scanner.skipBlanks();
        more = scanner.take(',');
    }
}

// Calls visit(element) for each element of an array in their order, until it returns false.
template <typename Visit>
void forEachElement(std::string_view array, Visit visit) {
    Scanner scanner(array);
    scanner.skipBlanks();
    bool more = scanner.take('[');
    while (more) {
        scanner.skipBlanks();
        const auto begin = scanner.position();
        if (!scanner.passValue()) {
            break;  // the array is empty
        }
        more = visit(scanner.since(begin));
        scanner.skipBlanks();
        more = more && scanner.take(',');
    }
}

// Whether a raw key says `key`.
bool isKey(std::string_view rawKey, std::string_view key);

// The values of the members `keys` of an object, in that order, as they were found, null included;
// of several the last one, as for the API server. Nothing where there is none. Takes one pass and
// no memory, however many members the object has.
template <typename... Keys>
std::array<std::optional<std::string_view>, sizeof...(Keys)> fieldsOf(std::string_view object,
                                                                      Keys... keys) {
    const std::array<std::string_view, sizeof...(Keys)> wanted{keys...};
    std::array<std::optional<std::string_view>, sizeof...(Keys)> values;
    forEachMember(object, [&](std::string_view rawKey, std::string_view value) {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            if (isKey(rawKey, wanted[i])) {
                values[i] = value;
                break;
            }
        }
    });
    return values;
}

}  // namespace elector::json_text
