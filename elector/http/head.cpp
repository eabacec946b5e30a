#include "elector/http/head.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

namespace elector::http {

// ----------------------------------------------------------------------------------- header fields

namespace {

constexpr std::string_view kLineEnd = "\r\n";

}  // namespace

HeaderFields::Outcome HeaderFields::read(std::string_view text, std::size_t mostFields) {
    lines_.clear();
    while (!text.empty()) {
        const std::size_t end = text.find(kLineEnd);
        if (end == 0) {
            break;
        }
        if (end == std::string_view::npos) {
            return Outcome::Malformed;
        }
        const std::string_view line = text.substr(0, end);
        const std::size_t colon = line.find(':');
        if (colon == std::string_view::npos || !isToken(line.substr(0, colon))) {
            return Outcome::Malformed;
        }
        if (lines_.size() == mostFields) {
            return Outcome::TooMany;
        }
        lines_.push_back({line.substr(0, colon), trimmed(line.substr(colon + 1))});
        text.remove_prefix(end + kLineEnd.size());
    }
    return Outcome::Read;
}

std::optional<std::string_view> HeaderFields::find(std::string_view name) const {
    const auto found = std::ranges::find_if(
        lines_, [name](const HeaderLine& line) { return equalsIgnoringCase(line.name, name); });
    return found == lines_.end() ? std::nullopt : std::optional(found->value);
}

std::size_t HeaderFields::count(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines_, [name](const HeaderLine& line) { return equalsIgnoringCase(line.name, name); }));
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

bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, isTokenCharacter);
}

// ------------------------------------------------------------------------------- the end of a head

namespace {

bool isForbidden(char c) {
    constexpr unsigned char kSpace = 0x20;
    constexpr unsigned char kDelete = 0x7f;
    const auto code = static_cast<unsigned char>(c);
    return (code < kSpace && c != '\t') || code == kDelete;
}

}  // namespace

HeadScanner::Found HeadScanner::scan(std::string_view bytes) {
    while (seen_ < bytes.size()) {
        const char c = bytes[seen_++];
        if (afterReturn_ != (c == '\n')) {
            return Found::Rubbish;
        }
        afterReturn_ = c == '\r';
        if (c == '\n') {
            if (++lineEnds_ == 2) {
                return Found::Head;
            }
        } else if (!afterReturn_) {
            if (isForbidden(c)) {
                return Found::Rubbish;
            }
            lineEnds_ = 0;
        }
    }
    return Found::Nothing;
}

// -------------------------------------------------------------------------------------------- Host

namespace {

constexpr std::size_t kLongestPort = 5;

template <int Family>
bool isAddress(std::string_view text) {
    std::array<char, INET6_ADDRSTRLEN> zeroEnded{};
    if (text.size() >= zeroEnded.size() || text.find('\0') != std::string_view::npos) {
        return false;
    }
    std::ranges::copy(text, zeroEnded.begin());
    in6_addr ignored{};
    return inet_pton(Family, zeroEnded.data(), &ignored) == 1;
}

bool isPort(std::string_view text) {
    return text.size() <= kLongestPort && std::ranges::all_of(text, isDigit);
}

bool isNameCharacter(char c) {
    return isAlphanumeric(c) || c == '-' || c == '.' || c == '_';
}

constexpr Refusal kMalformed{400, "The Host header is malformed."};
constexpr Refusal kForeign{
    421,
    "This server answers for localhost, for IP addresses and for its own names only. An elector is "
    "given more of them by --allowed-host."};

}  // namespace

bool isIpv4(std::string_view text) {
    return isAddress<AF_INET>(text);
}
bool isIpv6(std::string_view text) {
    return isAddress<AF_INET6>(text);
}

AllowedHosts::AllowedHosts(std::vector<std::string> names) : names_(std::move(names)) {
    names_.emplace_back("localhost");
}

AllowedHosts AllowedHosts::any() {
    AllowedHosts hosts({});
    hosts.any_ = true;
    return hosts;
}

std::optional<Refusal> AllowedHosts::judge(std::string_view host) const {
    if (!host.empty() && host.front() == '[') {
        const std::size_t end = host.find(']');
        if (end == std::string_view::npos || !isIpv6(host.substr(1, end - 1))) {
            return kMalformed;
        }
        const std::string_view rest = host.substr(end + 1);
        const bool proper = rest.empty() || (rest.front() == ':' && isPort(rest.substr(1)));
        return proper ? std::nullopt : std::optional(kMalformed);
    }
    std::string_view name = host.substr(0, host.find(':'));
    if (name.size() < host.size() && !isPort(host.substr(name.size() + 1))) {
        return kMalformed;
    }
    if (!std::ranges::all_of(name, isNameCharacter)) {
        return kMalformed;
    }
    if (!name.empty() && name.back() == '.') {
        name.remove_suffix(1);
    }
    const bool known =
        any_ || isIpv4(name) || std::ranges::any_of(names_, [name](const std::string& allowed) {
            return equalsIgnoringCase(name, allowed);
        });
    return known ? std::nullopt : std::optional(kForeign);
}

// --------------------------------------------------------------------------- the head of a request

namespace {

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

// --------------------------------------------------------------------------- the head of an answer

namespace {

// The status that a head's first line says; 0 where it is no such line.
int statusIn(std::string_view line) {
    constexpr std::size_t kDigits = 3;
    if (!line.starts_with("HTTP/1.")) {
        return 0;
    }
    line.remove_prefix(std::min(line.find(' ') + 1, line.size()));
    const auto digits = line.substr(0, kDigits);
    unsigned status = 0;
    const auto [stop, problem] = std::from_chars(digits.begin(), digits.end(), status);
    const bool isWhole = digits.size() == kDigits && stop == digits.end() &&
                         (line.size() == kDigits || line[kDigits] == ' ');
    return isWhole && problem == std::errc() ? static_cast<int>(status) : 0;
}

}  // namespace

bool ResponseHead::read(std::string_view text, std::size_t mostFields) {
    const std::size_t end = text.find(kLineEnd);
    if (end == std::string_view::npos) {
        return false;
    }
    status_ = statusIn(text.substr(0, end));
    old_ = text.starts_with("HTTP/1.0");
    return status_ != 0 && fields_.read(text.substr(end + kLineEnd.size()), mostFields) ==
                               HeaderFields::Outcome::Read;
}

bool ResponseHead::keepsAlive() const {
    bool keeps = !old_;
    for (const auto& [name, value] : fields_) {
        if (equalsIgnoringCase(name, "Connection")) {
            if (listsToken(value, "close")) {
                return false;
            }
            keeps = keeps || listsToken(value, "keep-alive");
        }
    }
    return keeps;
}

std::optional<std::uint64_t> numberIn(std::string_view text) {
    std::uint64_t number = 0;
    const auto [stop, problem] = std::from_chars(text.begin(), text.end(), number);
    if (text.empty() || problem != std::errc() || stop != text.end()) {
        return std::nullopt;
    }
    return number;
}

}  // namespace elector::http
