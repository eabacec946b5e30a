#include "elector/http/response_head.h"

#include <algorithm>
#include <charconv>

#include "elector/http/ascii.h"

namespace elector::http {
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
    constexpr std::string_view kLineEnd = "\r\n";
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
