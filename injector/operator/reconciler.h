#pragma once

#include "elector/http/metrics.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "injector/operator/announcer.h"
#include "injector/operator/leading_api.h"

namespace injector::operators {

// What looking at one thing came to.
enum class Outcome {
    Settled,    // all is as it should be, as far as this replica can bring it about
    ComeSoon,   // something is awaited that no watch tells of, and that happens soon if it does
    ComeAgain,  // the same, of what may never happen
};

// What all reconcilers work with. All outlives them.
struct Tools {
    LeadingApi& api;
    Announcer& announcer;
    const elector::runtime::Clock& clock;
    const elector::runtime::Log& log;
};

}  // namespace injector::operators
