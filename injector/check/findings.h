#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "injector/check/diagnosis.h"
#include "injector/check/facts.h"
#include "injector/check/report.h"

// What is said about the parts of a workload. Pure.
namespace injector::check {

// Adds what is to be said about the way from the API server to the injector. Returns whether the
// workload's Pods, where they ask for a sidecar, reach it; true as well for Pods that have theirs.
bool addWebhook(const WorkloadFacts& facts, const Judgement& judgement, Report& report);

// The Pods of the workload asked about; of a Pod, itself.
std::vector<PodFact> podsOf(const WorkloadFacts& facts);

// Adds the live Pods of the workload, and what is to be said about them.
void addPods(const WorkloadFacts& facts, std::string_view version, Report& report);

// Adds what is to be said about the Lease called `name`, about the right to it, and about who else
// has that right.
void addLease(const WorkloadFacts& facts, const std::string& name, const LeaseFacts& lease,
              Report& report);

}  // namespace injector::check
