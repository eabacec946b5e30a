#pragma once

#include <chrono>
#include <iosfwd>
#include <string>

#include "elector/runtime/clock.h"
#include "injector/config/invocation.h"
#include "injector/elections/elections.h"

namespace injector::leader {

// `leader list|describe|history|watch`: the elections of a namespace, or of all, for people and
// scripts. `leader hand-over|step-down` asks the leader of one to leave, as
// elector::commands::runHandOver does, with its exit codes; the others write nothing.
//
// The answer goes to `out`, what kept it or a part of it from being one to `err`. Returns
// kExitSuccess; kExitFailure where there is no such election; kExitNoAnswer where the API did not
// answer. `watch` returns only then. Throws elector::config::Refusal where the request names no
// reachable cluster.
int runLeader(const config::LeaderRequest& request, const elector::runtime::Clock& clock,
              std::ostream& out, std::ostream& err);

// What `list` prints. A table has at most kWidth columns: longer names are cut, but with -o wide.
// `now` is when the table was filled. Pure.
std::string listText(const elections::Elections& elections, const config::LeaderRequest& request,
                     elector::election::Moment now);
inline constexpr std::size_t kWidth = 100;

// "95s", "13m", "5h", "3d", as kubectl shows ages; "0s" for what lies ahead.
std::string ageText(elector::election::Duration age);

// By how much the clock that a Lease was renewed by may differ from ours before its term counts as
// expired.
inline constexpr std::chrono::seconds kSkew{5};

}  // namespace injector::leader
