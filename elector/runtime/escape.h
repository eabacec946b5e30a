#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace elector::runtime {

// One character at the front of a text: a code point of UTF-8, or a single byte that begins none.
struct Character {
    char32_t code = 0;       // the byte's value where it is no UTF-8
    std::size_t length = 1;  // in bytes
    bool valid = false;      // false for a byte that is no UTF-8
    // False for what could forge or garble a line: control characters, line separators, marks that
    // turn the direction of the text, and bytes that are no UTF-8.
    bool printable = false;
};

// REQUIRES: `text` is not empty.
Character firstCharacter(std::string_view text);

// True if all of `text` is UTF-8.
bool isUtf8(std::string_view text);

// `text` as a JSON string with its quotes, in printable UTF-8: the rest escaped, bytes that are no
// UTF-8 as U+FFFD. Beyond `limit` characters cut, with an ellipsis.
std::string jsonString(std::string_view text, std::size_t limit = std::string_view::npos);
// Puts that behind `out`.
void appendJsonString(std::string& out, std::string_view text,
                      std::size_t limit = std::string_view::npos);

}  // namespace elector::runtime
