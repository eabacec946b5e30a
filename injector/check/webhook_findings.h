#pragma once

#include "injector/check/diagnosis.h"

namespace injector::check {

// Adds what is to be said about the way from the API server to the injector. Returns whether the
// workload's Pods, where they ask for a sidecar, reach it; true as well for Pods that have theirs.
bool addWebhook(const WorkloadFacts& facts, const Judgement& judgement, Report& report);

}  // namespace injector::check
