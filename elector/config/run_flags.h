#pragma once

#include <optional>
#include <vector>

#include "elector/config/config.h"
#include "elector/config/flag.h"
#include "elector/election/instant.h"
#include "elector/runtime/log.h"

namespace elector::config {

// A Config in the making, with what is set only if somebody said so.
struct RunDraft {
    Config config;
    std::optional<election::Duration> retryPeriod;
    std::optional<election::Duration> ttl;
    std::optional<runtime::LogFormat> logFormat;
};

// Every flag of `run`: from this table come parsing, environment, defaults and help.
const std::vector<Flag<RunDraft>>& runFlags();

// Names of the retired leader-elector of kubernetes/contrib for flags of the table above.
const std::vector<FlagSpec>& oldNames();

}  // namespace elector::config
