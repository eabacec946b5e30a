#pragma once

#include <vector>

#include "elector/config/flag.h"
#include "elector/config/invocation.h"

namespace elector::config {

// Every flag of `status` and of `probe`, the commands that ask a running elector.
const std::vector<Flag<StatusRequest>>& statusFlags();
const std::vector<Flag<ProbeRequest>>& probeFlags();

}  // namespace elector::config
