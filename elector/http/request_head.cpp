#include "elector/http/request_head.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "elector/http/ascii.h"

namespace elector::http {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr Refusal kBadLine{400, "The request line is malformed."};
constexpr Refusal kBadField{400, "A header line is malformed."};
constexpr Refusal kBadLength{400, "The Content-Length is malformed."};
constexpr std::size_t kLongestMethod = 32;

// The only form of target that we serve is a path with an optional query.
bool isTarget(std::string_view text) {
    return !text.empty() && text.front() == '/' &&
           std::ranges::all_of(text, [](char c) { return c > ' ' && c < '\x7f' && c != '#'; });
}

bool isVersion(std::string_view text) {
    constexpr std::string_view kShape = "HTTP/1.1";
    return text.size() == kShape.size() && text.substr(0, 5) == kShape.substr(0, 5) &&
           isDigit(text[5]) && text[6] == '.' && isDigit(text[7]);
}

// Other readers of the same bytes, Poco among them, decode RFC 2047, which HTTP does not know.
// Where a value decides on host, body or connection, every reader has to find the same one.
bool isDisguised(const HeaderLine& line) {
    constexpr std::array<std::string_view, 4> kDecisive{"Host", "Content-Length", "Connection",
                                                        "Expect"};
    return std::ranges::any_of(
               kDecisive,
               [&line](std::string_view each) { return equalsIgnoringCase(line.name, each); }) &&
           line.value.find("=?") != std::string_view::npos;
}

}  // namespace

std::optional<Refusal> RequestHead::read(std::string_view bytes, const Limits& limits) {
    bytes_ = bytes;
    method_ = {};
    target_ = {};
    const std::string_view text = bytes_;
    const std::size_t end = text.find(kLineEnd);
    if (end == std::string_view::npos) {
        return kBadLine;
    }
    if (auto refusal = readRequestLine(text.substr(0, end))) {
        return refusal;
    }
    switch (fields_.read(text.substr(end + kLineEnd.size()), limits.headerFields)) {
        case HeaderFields::Outcome::Read:
            break;
        case HeaderFields::Outcome::Malformed:
            return kBadField;
        case HeaderFields::Outcome::TooMany:
            return Refusal{431, "The request has too many header fields."};
    }
    if (std::ranges::any_of(fields_, isDisguised)) {
        return kBadField;
    }
    if (auto refusal = readConnectionFields()) {
        return refusal;
    }
    return readBodyFields();
}

std::optional<Refusal> RequestHead::readRequestLine(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t last = line.rfind(' ');
    if (first == std::string_view::npos || first == last || first > kLongestMethod ||
        !isToken(line.substr(0, first)) || !isVersion(line.substr(last + 1))) {
        return kBadLine;
    }
    const std::string_view version = line.substr(last + 1);
    if (!version.starts_with("HTTP/1.")) {
        return Refusal{505, "This server speaks HTTP/1.1."};
    }
    method_ = line.substr(0, first);
    target_ = line.substr(first + 1, last - first - 1);
    old_ = version == "HTTP/1.0";
    return isTarget(target_) ? std::nullopt
                             : std::optional(Refusal{400, "The request target has to be a path."});
}

std::optional<Refusal> RequestHead::readConnectionFields() {
    const std::size_t hosts = fields_.count("Host");
    if (hosts > 1 || (hosts == 0 && !old_)) {
        return Refusal{400, "The request needs one Host header."};
    }
    keepsAlive_ = !old_;
    expectsContinue_ = false;
    for (const auto& [name, value] : fields_) {
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
    const std::size_t lengths = fields_.count("Content-Length");
    if (fields_.count("Transfer-Encoding") > 0) {
        if (lengths > 0 || old_) {
            return Refusal{400, "Transfer-Encoding cannot be combined with this."};
        }
        return Refusal{411, "A body needs a Content-Length here."};
    }
    if (lengths > 1) {
        return kBadLength;
    }
    const auto text = fields_.find("Content-Length");
    if (!text) {
        return std::nullopt;
    }
    const char* end = text->end();
    const auto [stop, error] = std::from_chars(text->begin(), end, contentLength_);
    if (text->empty() || stop != end || error == std::errc::invalid_argument) {
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
    return target_.substr(0, target_.find('?'));
}

std::string_view RequestHead::query() const {
    const std::size_t mark = target_.find('?');
    return mark == std::string_view::npos ? std::string_view() : target_.substr(mark + 1);
}

}  // namespace elector::http
