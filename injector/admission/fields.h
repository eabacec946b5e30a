#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "elector/kubernetes/json_members.h"

namespace injector::admission {

// The values of these members of a JSON object, in the order of `keys`, as they were found, null
// included; of several the last one, as for the API server. Nothing where there is none. Takes one
// pass and no memory, however many members the object has.
template <std::size_t kCount>
std::array<std::optional<std::string_view>, kCount> fieldsOf(
    std::string_view object, const std::string_view (&keys)[kCount]) {  // NOLINT(*-avoid-c-arrays)
    std::array<std::optional<std::string_view>, kCount> values;
    elector::kubernetes::json_text::forEachMember(
        object, [&](std::string_view rawKey, std::string_view value) {
            for (std::size_t i = 0; i < kCount; ++i) {
                if (elector::kubernetes::json_text::isKey(rawKey, keys[i])) {
                    values[i] = value;
                    break;
                }
            }
        });
    return values;
}

}  // namespace injector::admission
