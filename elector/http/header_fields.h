#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace elector::http {

struct HeaderLine {
    std::string_view name;
    std::string_view value;  // without the blanks around it
};

// The header fields of a request or a response, byte for byte as they were sent: HTTP knows no
// encoded words (RFC 2047), and nothing here decodes any. Looks at each byte a constant number of
// times. Refers to the text that was read, which outlives it.
class HeaderFields {
  public:
    enum class Outcome { Read, Malformed, TooMany };

    // Reads lines of the form `token: value`, each with CR LF at its end, up to an empty line or to
    // the end of `text`. No line continues another. Malformed and TooMany leave nothing usable.
    Outcome read(std::string_view text, std::size_t mostFields);

    // Names are compared without regard to case. The first of several; nothing where there is none.
    std::optional<std::string_view> find(std::string_view name) const;
    std::size_t count(std::string_view name) const;

    auto begin() const { return lines_.begin(); }
    auto end() const { return lines_.end(); }

  private:
    std::vector<HeaderLine> lines_;
};

// True if the comma-separated `list` has `token`, without regard to case.
bool listsToken(std::string_view list, std::string_view token);

// True if `text` is a token (RFC 9110, 5.6.2).
bool isToken(std::string_view text);

}  // namespace elector::http
