#pragma once

#include <stop_token>
#include <variant>

#include "elector/election/instant.h"
#include "elector/runtime/result.h"

namespace elector::kubernetes {

using election::ApiError;
using election::Duration;
using election::ErrorKind;
using election::Instant;
using runtime::Result;

// Until when an operation may take, and what ends it earlier. Both end it with TimedOut. A deadline
// of Instant::max() is none.
struct Limits {
    Instant deadline;
    std::stop_token stop;
};

// The value of a Result where only the failure has something to say.
using Done = std::monostate;

}  // namespace elector::kubernetes
