#pragma once

#include <string>

#include "elector/election/action.h"
#include "elector/election/event.h"
#include "elector/election/leadership.h"

namespace elector::simulation {

// One line on one step: what came, and what was made of it.
std::string wordsFor(const char* phase, const char* kind, const election::Event& event,
                     const election::Actions& actions, const election::Standing& standing,
                     const election::Moment& now);

// One line on a write that the server applied.
std::string wordsFor(const election::WriteRequest& request, const election::Lease& stored);

}  // namespace elector::simulation
