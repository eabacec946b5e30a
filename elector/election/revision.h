#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace elector::election {

// A resourceVersion, and so a fencing token: a decimal integer of any length. Kubernetes promises
// since 1.35 that those of one resource can be compared as integers (KEP-5504), without leading
// zeros and never "0". A value; immutable.
class Revision {
  public:
    // Nothing unless `text` is a decimal integer above zero without leading zeros, of at most
    // kMaxDigits digits (128 bits have 39; the rest is room, not an invitation).
    static std::optional<Revision> parse(std::string_view text);

    const std::string& text() const { return digits_; }

    std::strong_ordering operator<=>(const Revision& other) const;
    bool operator==(const Revision& other) const = default;

    static constexpr std::size_t kMaxDigits = 128;

  private:
    explicit Revision(std::string_view digits) : digits_(digits) {}
    std::string digits_;
};

}  // namespace elector::election
