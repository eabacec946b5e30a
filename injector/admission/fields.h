#pragma once

#include <algorithm>
#include <optional>
#include <ranges>
#include <string_view>
#include <vector>

#include "elector/kubernetes/json_text.h"

namespace injector::admission {

// The members of a JSON object, taken apart once for several reads.
class Fields {
  public:
    explicit Fields(std::string_view object)
        : members_(elector::kubernetes::json_text::membersOf(object)) {}

    // The value as it was found, null included; of several the last one, as for the API server.
    std::optional<std::string_view> find(std::string_view key) const {
        const auto lastFirst = members_ | std::views::reverse;
        const auto found =
            std::ranges::find(lastFirst, key, &elector::kubernetes::json_text::Member::key);
        return found == lastFirst.end() ? std::nullopt : std::optional(found->value);
    }

  private:
    std::vector<elector::kubernetes::json_text::Member> members_;
};

}  // namespace injector::admission
