#pragma once

#include <functional>
#include <optional>
#include <string>

#include "elector/health/prober.h"
#include "elector/kubernetes/endpoint.h"
#include "elector/runtime/clock.h"

// The probes that there are. `clock` outlives them.
namespace elector::health {

// GET `target`, on this machine: a status from 200 to 299 passes. It follows no redirect, and reads
// no body. The deadline bounds all of it, however slowly the answer drips.
Probe httpProbe(kubernetes::Endpoint target, const runtime::Clock& clock);

// The file was written within `maxAge`, by the wall clock: and not in the future, by more than
// that.
Probe fileProbe(std::string path, Duration maxAge, const runtime::Clock& clock);

// The program asked who leads within `within`: `lastAsked` tells when, if ever.
Probe askedProbe(std::function<std::optional<Instant>()> lastAsked, Duration within,
                 const runtime::Clock& clock);

}  // namespace elector::health
