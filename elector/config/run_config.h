#pragma once

#include <string>
#include <vector>

#include "elector/config/config.h"
#include "elector/config/facts.h"
#include "elector/config/flag.h"
#include "elector/config/invocation.h"
#include "elector/config/scan.h"

namespace elector::config {

// The flags that `run` takes, old names included.
std::vector<FlagSpec> runSpecs();

// What `run` is told by arguments (scanned with runSpecs), environment and machine. Throws Refusal.
Config runConfig(Scan scan, const Environment& environment, const Facts& facts);

}  // namespace elector::config
