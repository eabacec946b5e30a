#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "injector/elections/elections.h"

namespace injector::dashboard {

// An election as one JSON object. `at` turns instants into the numbers that stand for them.
std::string electionJson(const elections::Election& election,
                         const std::function<std::int64_t(elections::Instant)>& at);

}  // namespace injector::dashboard
