#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "elector/runtime/time_text.h"

namespace elector::test {

// The time that `text` (RFC 3339) names.
inline election::WallTime wallTime(std::string_view text) {
    const auto time = runtime::parseRfc3339(text);
    if (!time) {
        throw std::invalid_argument(std::string(text) + " is no time");
    }
    return *time;
}

}  // namespace elector::test
