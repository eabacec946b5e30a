#pragma once

#include <string_view>
#include <vector>

#include "injector/check/facts.h"
#include "injector/check/report.h"

namespace injector::check {

// The Pods of the workload asked about; of a Pod, itself.
std::vector<PodFact> podsOf(const WorkloadFacts& facts);

// Adds the live Pods of the workload, and what is to be said about them.
void addPods(const WorkloadFacts& facts, std::string_view version, Report& report);

}  // namespace injector::check
