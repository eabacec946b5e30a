#pragma once

#include <iosfwd>

#include "elector/config/invocation.h"
#include "elector/runtime/clock.h"

namespace elector::commands {

// Asks a running elector whether it is live, or ready, and prints the reason to `out`, which a
// kubelet puts into the Event of a failed probe. Returns kExitSuccess for yes, else kExitFailure.
int runProbe(const config::ProbeRequest& request, const runtime::Clock& clock, std::ostream& out);

}  // namespace elector::commands
