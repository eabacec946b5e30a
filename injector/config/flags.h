#pragma once

#include <vector>

#include "elector/config/flag.h"

namespace injector::config {

// Every flag of each command: from these tables come parsing, environment, defaults and help.
const std::vector<elector::config::FlagSpec>& webhookFlags();
const std::vector<elector::config::FlagSpec>& operatorFlags();
const std::vector<elector::config::FlagSpec>& injectFlags();
const std::vector<elector::config::FlagSpec>& checkFlags();
const std::vector<elector::config::FlagSpec>& leaderFlags();

}  // namespace injector::config
