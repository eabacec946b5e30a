#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/http/limits.h"

namespace elector::http {

constexpr bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

constexpr bool isAlphanumeric(char c) {
    return isDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Which bytes are characters of a token. A table, so that none of them costs more than another.
constexpr std::array<bool, 256> kTokenCharacters = [] {
    std::array<bool, 256> table{};
    constexpr std::string_view kOthers = "!#$%&'*+-.^_`|~";
    for (std::size_t code = 0; code < table.size(); ++code) {
        const char c = static_cast<char>(code);
        table.at(code) = isAlphanumeric(c) || kOthers.find(c) != std::string_view::npos;
    }
    return table;
}();

// A character of a token (RFC 9110, 5.6.2): methods and field names consist of them.
constexpr bool isTokenCharacter(char c) {
    return kTokenCharacters[static_cast<unsigned char>(c)];
}

constexpr char toLower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool equalsIgnoringCase(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, toLower, toLower);
}

constexpr std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
        text.remove_prefix(1);
    }
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
        text.remove_suffix(1);
    }
    return text;
}

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

// Why a request gets no answer but a status, after which the connection closes.
struct Refusal {
    int status = 400;
    const char* sentence = "";  // a literal: nothing foreign is ever sent back
};

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

bool isIpv4(std::string_view text);
bool isIpv6(std::string_view text);  // without brackets, without zone

// The names under which this server may be asked for. A page in somebody's browser can be made to
// resolve its own name to our address (DNS rebinding), and would then read our answers as its own;
// but it cannot make the browser call us localhost, an IP literal or one of the given names.
// A value; immutable.
class AllowedHosts {
  public:
    // `names` besides localhost and all IP literals: those of the Pod or the Service.
    explicit AllowedHosts(std::vector<std::string> names);
    // Every name, if it is well-formed.
    static AllowedHosts any();

    // Judges a Host header ("web-0", "localhost:4040", "[::1]:4040").
    std::optional<Refusal> judge(std::string_view host) const;

  private:
    std::vector<std::string> names_;
    bool any_ = false;
};

// The head of a request. Refuses what RFC 9112 forbids, and of what it allows the forms that
// readers of the same bytes are known to take differently (a space before the colon, folded lines,
// a Content-Length that is not digits, one together with Transfer-Encoding).
class RequestHead {
  public:
    RequestHead() = default;
    RequestHead(const RequestHead&) = delete;
    RequestHead& operator=(const RequestHead&) = delete;

    // Reads `bytes`, a head that HeadScanner found, and keeps a copy. What is refused is not usable
    // afterwards, but for method(): that is "" where the request line is malformed.
    std::optional<Refusal> read(std::string_view bytes, const Limits& limits);

    // As they were sent. What the other members return refers to them.
    std::string_view bytes() const { return bytes_; }

    std::string_view method() const { return method_; }
    std::string_view path() const;
    std::string_view query() const;  // without the question mark

    // The value of a field, as it was sent; nothing where it is absent.
    std::optional<std::string_view> field(std::string_view name) const {
        return fields_.find(name);
    }

    // What is wrong with the size of the body. Judged apart, after it is known that somebody would
    // read it.
    std::optional<Refusal> judgeBody(const Limits& limits) const;

    std::size_t contentLength() const { return contentLength_; }
    bool expectsContinue() const { return expectsContinue_; }
    bool keepsAlive() const { return keepsAlive_; }
    // HTTP/1.0: no chunks to this client.
    bool isOld() const { return old_; }

  private:
    std::optional<Refusal> readRequestLine(std::string_view line);
    std::optional<Refusal> readBodyFields();
    std::optional<Refusal> readConnectionFields();

    std::string bytes_;
    std::string_view method_;  // this and the next two refer to bytes_
    std::string_view target_;
    HeaderFields fields_;
    std::size_t contentLength_ = 0;
    bool expectsContinue_ = false;
    bool keepsAlive_ = true;
    bool old_ = false;
};

// The head of an answer to a request of ours: of an API server, or of another elector. Refers to
// the text that was read, which outlives it.
class ResponseHead {
  public:
    // Reads a status line ("HTTP/1.1 200 OK") and the header fields behind it, each line with CR LF
    // at its end. False where that is not what `text` is, or where it has more than `mostFields`
    // fields; then nothing is usable.
    bool read(std::string_view text, std::size_t mostFields);

    int status() const { return status_; }
    const HeaderFields& fields() const { return fields_; }
    // Whether the server keeps the connection open after this answer, as far as the head says.
    bool keepsAlive() const;

  private:
    int status_ = 0;
    bool old_ = false;  // HTTP/1.0
    HeaderFields fields_;
};

// A whole number that is not negative, as fields have it: digits and nothing else.
std::optional<std::uint64_t> numberIn(std::string_view text);

}  // namespace elector::http
