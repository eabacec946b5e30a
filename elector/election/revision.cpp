#include "elector/election/revision.h"

#include <algorithm>

namespace elector::election {

std::optional<Revision> Revision::parse(std::string_view text) {
    const bool digitsOnly = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    if (text.empty() || text.size() > kMaxDigits || text.front() == '0' || !digitsOnly) {
        return std::nullopt;
    }
    return Revision(text);
}

std::strong_ordering Revision::operator<=>(const Revision& other) const {
    // Without leading zeros the longer one is the greater one.
    if (const auto byLength = digits_.size() <=> other.digits_.size(); byLength != 0) {
        return byLength;
    }
    return digits_.compare(other.digits_) <=> 0;
}

}  // namespace elector::election
