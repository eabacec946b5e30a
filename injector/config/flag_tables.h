#pragma once

#include <vector>

#include "elector/config/flag.h"
#include "injector/config/invocation.h"

namespace injector::config {

// Every flag of each command: from these tables come parsing, environment, defaults and help.
const std::vector<elector::config::Flag<WebhookConfig>>& webhookFlags();
const std::vector<elector::config::Flag<OperatorConfig>>& operatorFlags();
const std::vector<elector::config::Flag<InjectRequest>>& injectFlags();
const std::vector<elector::config::Flag<CheckRequest>>& checkFlags();

}  // namespace injector::config
