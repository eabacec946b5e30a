#pragma once

#include <optional>
#include <string>

#include "elector/status_api.h"

namespace elector {

// Says what a test lets it say.
class FakeStatus final : public StatusSource {
  public:
    const std::string& id() const override { return shownId; }
    const election::LeaseKey& lease() const override { return shownLease; }
    election::Answer answer() const override { return shownAnswer; }
    std::optional<std::string> notLive() const override { return shownNotLive; }
    std::optional<std::string> notReady() const override { return shownNotReady; }
    std::string metrics() const override { return "a_total 1\n"; }

    std::string shownId = "web-0";
    election::LeaseKey shownLease{"default", "web"};
    election::Answer shownAnswer;
    std::optional<std::string> shownNotLive;
    std::optional<std::string> shownNotReady;
};

}  // namespace elector
