#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <string_view>
#include <utility>
#include <vector>

#include "elector/kubernetes/json_members.h"

namespace injector::admission {

// The members of a JSON object, taken apart once for several reads.
class Fields {
  public:
    explicit Fields(std::string_view object) {
        constexpr std::size_t kUsual = 16;  // members of an object of Kubernetes, at most
        members_.reserve(kUsual);
        elector::kubernetes::json_text::forEachMember(
            object, [this](std::string_view rawKey, std::string_view value) {
                members_.emplace_back(rawKey, value);
            });
    }

    // The value as it was found, null included; of several the last one, as for the API server.
    std::optional<std::string_view> find(std::string_view key) const {
        const auto lastFirst = members_ | std::views::reverse;
        const auto found = std::ranges::find_if(lastFirst, [key](const auto& member) {
            return elector::kubernetes::json_text::isKey(member.first, key);
        });
        return found == lastFirst.end() ? std::nullopt : std::optional(found->second);
    }

  private:
    std::vector<std::pair<std::string_view, std::string_view>> members_;
};

}  // namespace injector::admission
