#pragma once

#include <string>

#include "injector/check/facts.h"
#include "injector/check/report.h"

namespace injector::check {

// Adds what is to be said about the Lease called `name`, about the right to it, and about who else
// has that right.
void addLease(const WorkloadFacts& facts, const std::string& name, const LeaseFacts& lease,
              Report& report);

}  // namespace injector::check
