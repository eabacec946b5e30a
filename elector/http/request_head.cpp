#include "elector/http/request_head.h"

#include <Poco/Exception.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <istream>
#include <limits>
#include <streambuf>

#include "elector/http/ascii.h"

namespace elector::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr Refusal kBadLine{400, "The request line is malformed."};
constexpr Refusal kBadField{400, "A header line is malformed."};
constexpr Refusal kBadLength{400, "The Content-Length is malformed."};

// A stream over bytes that lie elsewhere. Kept from one head to the next, since a new one costs as
// much (its locale) as all the parsing.
class BytesStream : private std::streambuf, public std::istream {
  public:
    BytesStream() : std::istream(this) {}

    std::istream& over(std::string_view bytes) {
        // A get area is of char* for the sake of putback; nothing is written without a put area.
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast)
        char* begin = const_cast<char*>(bytes.data());
        setg(begin, begin, begin + bytes.size());
        clear();
        return *this;
    }
};

bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, isTokenCharacter);
}

// The only form of target that we serve is a path with an optional query.
bool isTarget(std::string_view text) {
    return !text.empty() && text.front() == '/' &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f'; }) &&
           text.find('#') == std::string_view::npos;
}

bool isVersion(std::string_view text) {
    constexpr std::string_view kShape = "HTTP/1.1";
    return text.size() == kShape.size() && text.substr(0, 5) == kShape.substr(0, 5) &&
           isDigit(text[5]) && text[6] == '.' && isDigit(text[7]);
}

std::optional<Refusal> checkRequestLine(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || !isToken(line.substr(0, first)) ||
        !isVersion(line.substr(last + 1))) {
        return kBadLine;
    }
    if (line.substr(last + 1, 7) != "HTTP/1.") {
        return Refusal{505, "This server speaks HTTP/1.1."};
    }
    if (!isTarget(line.substr(first + 1, last - first - 1))) {
        return Refusal{400, "The request target has to be a path."};
    }
    return std::nullopt;
}

// Poco decodes RFC 2047, which HTTP does not know. Where a value decides on host, body or
// connection, every reader of the same bytes has to find the same one.
bool isDisguised(std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, 4> kDecisive{"Host", "Content-Length", "Connection",
                                                        "Expect"};
    return value.find("=?") != std::string_view::npos &&
           std::ranges::any_of(
               kDecisive, [name](std::string_view each) { return equalsIgnoringCase(name, each); });
}

// Each line after the first is `token: value`; no line continues another.
std::optional<Refusal> checkForm(std::string_view bytes, const Limits& limits) {
    std::size_t end = bytes.find(kLineEnd);
    if (auto refusal = checkRequestLine(bytes.substr(0, end))) {
        return refusal;
    }
    std::size_t fields = 0;
    for (;;) {
        bytes.remove_prefix(end + kLineEnd.size());
        end = bytes.find(kLineEnd);
        if (end == 0 || end == std::string_view::npos) {
            return std::nullopt;
        }
        const std::string_view line = bytes.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon)) ||
            isDisguised(line.substr(0, colon), line.substr(colon))) {
            return kBadField;
        }
        if (++fields > limits.headerFields) {
            return Refusal{431, "The request has too many header fields."};
        }
    }
}

bool listsToken(std::string_view list, std::string_view token) {
    while (!list.empty()) {
        const std::size_t comma = std::min(list.find(','), list.size());
        if (equalsIgnoringCase(trimmed(list.substr(0, comma)), token)) {
            return true;
        }
        list.remove_prefix(std::min(comma + 1, list.size()));
    }
    return false;
}

}  // namespace

std::optional<Refusal> RequestHead::read(std::string_view bytes, const Limits& limits) {
    if (auto refusal = checkForm(bytes, limits)) {
        return refusal;
    }
    try {
        static thread_local BytesStream stream;
        head_.read(stream.over(bytes));
    } catch (const Poco::Exception&) {
        return kBadField;
    }
    if (auto refusal = readConnectionFields()) {
        return refusal;
    }
    return readBodyFields();
}

std::optional<Refusal> RequestHead::readConnectionFields() {
    old_ = head_.getVersion() == Poco::Net::HTTPMessage::HTTP_1_0;
    const std::size_t hosts = count("Host");
    if (hosts > 1 || (hosts == 0 && !old_)) {
        return Refusal{400, "The request needs one Host header."};
    }
    keepsAlive_ = !old_;
    expectsContinue_ = false;
    for (const auto& [name, value] : head_) {
        if (equalsIgnoringCase(name, "Connection") && listsToken(value, "close")) {
            keepsAlive_ = false;
        } else if (equalsIgnoringCase(name, "Expect") && !old_) {
            if (!equalsIgnoringCase(value, "100-continue")) {
                return Refusal{417, "The only expectation that can be met is 100-continue."};
            }
            expectsContinue_ = true;
        }
    }
    return std::nullopt;
}

std::optional<Refusal> RequestHead::readBodyFields() {
    contentLength_ = 0;
    const std::size_t lengths = count("Content-Length");
    if (count("Transfer-Encoding") > 0) {
        if (lengths > 0 || old_) {
            return Refusal{400, "Transfer-Encoding cannot be combined with this."};
        }
        return Refusal{411, "A body needs a Content-Length here."};
    }
    if (lengths > 1) {
        return kBadLength;
    }
    if (lengths == 0) {
        return std::nullopt;
    }
    const std::string& text = head_.get("Content-Length");
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, contentLength_);
    if (text.empty() || stop != end || error == std::errc::invalid_argument) {
        return kBadLength;
    }
    if (error == std::errc::result_out_of_range) {
        contentLength_ = std::numeric_limits<std::size_t>::max();
    }
    return std::nullopt;
}

std::optional<Refusal> RequestHead::judgeBody(const Limits& limits) const {
    if (contentLength_ <= limits.bodyBytes) {
        return std::nullopt;
    }
    return limits.bodyBytes == 0 ? Refusal{413, "This server takes no bodies."}
                                 : Refusal{413, "The body is too large."};
}

std::string_view RequestHead::path() const {
    const std::string_view target = head_.getURI();
    return target.substr(0, target.find('?'));
}

std::string_view RequestHead::query() const {
    const std::string_view target = head_.getURI();
    const std::size_t mark = target.find('?');
    return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

std::optional<std::string_view> RequestHead::field(const std::string& name) const {
    const auto found = head_.find(name);
    return found == head_.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::size_t RequestHead::count(std::string_view name) const {
    return static_cast<std::size_t>(
        std::count_if(head_.begin(), head_.end(),
                      [name](const auto& field) { return equalsIgnoringCase(field.first, name); }));
}

}  // namespace elector::http
