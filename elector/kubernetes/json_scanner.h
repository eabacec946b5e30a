#pragma once

#include <cstddef>
#include <string_view>

namespace elector::kubernetes::json_text {

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

}  // namespace elector::kubernetes::json_text
