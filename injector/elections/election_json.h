#pragma once

#include <functional>
#include <string>

#include "injector/elections/elections.h"

namespace injector::elections {

// Whether the table was filled once, or has followed the election: what only then is known is the
// token, the time without a leader, and the history.
enum class Watched { No, Yes };

// An election as one JSON object, the same for the dashboard and the plugin (docs/dashboard.md).
// `at` writes an instant as a JSON value.
std::string electionJson(const Election& election, const std::function<std::string(Instant)>& at,
                         Watched watched);

}  // namespace injector::elections
