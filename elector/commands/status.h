#pragma once

#include <iosfwd>

#include "elector/config/invocation.h"
#include "elector/runtime/clock.h"

namespace elector::commands {

// Asks a running elector who leads and prints its answer to `out`: in words, or the JSON as it was
// answered. What went wrong goes to `err`. Returns the exit code: kExitSuccess if the elector asked
// leads, kExitFailure if another does, kExitNobodyLeads, kExitNoAnswer.
int runStatus(const config::StatusRequest& request, const runtime::Clock& clock, std::ostream& out,
              std::ostream& err);

}  // namespace elector::commands
