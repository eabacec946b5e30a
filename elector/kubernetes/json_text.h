#pragma once

#include <cstdint>
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
namespace elector::kubernetes::json_text {

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

}  // namespace elector::kubernetes::json_text
