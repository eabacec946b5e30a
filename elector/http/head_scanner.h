#pragma once

#include <cstddef>
#include <string_view>

namespace elector::http {

// Finds the end of a head, of a request or of an answer, in bytes that arrive in pieces, and
// refuses what no head may contain as soon as it shows: NULs and other control characters, a CR or
// LF by itself. (What one reader takes for the end of a line and another does not is how requests
// are smuggled.) Looks at each byte once.
class HeadScanner {
  public:
    enum class Found { Nothing, Head, Rubbish };

    // `bytes`: all that has arrived since the head began, longer at each call.
    Found scan(std::string_view bytes);

    // After Head: its length, the empty line included.
    std::size_t length() const { return seen_; }
    void reset() { *this = HeadScanner(); }

  private:
    std::size_t seen_ = 0;
    std::size_t lineEnds_ = 0;  // CR LF pairs in immediate succession up to `seen_`
    bool afterReturn_ = false;
};

}  // namespace elector::http
