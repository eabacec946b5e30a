#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "elector/kubernetes/json_members.h"

namespace injector::admission {

// The values of the members `keys` of a JSON object, in that order, as they were found, null
// included; of several the last one, as for the API server. Nothing where there is none. Takes one
// pass and no memory, however many members the object has.
template <typename... Keys>
std::array<std::optional<std::string_view>, sizeof...(Keys)> fieldsOf(std::string_view object,
                                                                      Keys... keys) {
    const std::array<std::string_view, sizeof...(Keys)> wanted{keys...};
    std::array<std::optional<std::string_view>, sizeof...(Keys)> values;
    elector::kubernetes::json_text::forEachMember(
        object, [&](std::string_view rawKey, std::string_view value) {
            for (std::size_t i = 0; i < wanted.size(); ++i) {
                if (elector::kubernetes::json_text::isKey(rawKey, wanted[i])) {
                    values[i] = value;
                    break;
                }
            }
        });
    return values;
}

}  // namespace injector::admission
