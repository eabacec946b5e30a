#pragma once

#include "elector/election/instant.h"
#include "elector/runtime/result.h"

// What a call to an API server is given and gives.
namespace elector::kubernetes {

using election::ApiError;
using election::Duration;
using election::ErrorKind;
using election::Instant;
using runtime::Done;
using runtime::Limits;
using runtime::Result;

}  // namespace elector::kubernetes
