#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "elector/runtime/clock.h"
#include "injector/check/facts.h"
#include "injector/cluster/api.h"

// Reads from the API what is to be known, by a few calls one after another. What the caller may not
// read is noted, and the rest is read all the same.
namespace injector::check {

using cluster::Result;

// Nothing where there is no such workload. Fails where the workload itself could not be read.
Result<std::optional<WorkloadFacts>> gatherWorkload(cluster::Api& api, const Target& target);

// What stands under the name of the Lease.
LeaseFacts gatherLease(cluster::Api& api, const cluster::ObjectKey& lease,
                       const elector::runtime::Clock& clock);

// All Pods that concern the injector, of the namespace or, for "", of all; and those of `target`
// where there is one. Fails where the Pods could not be listed.
Result<PodFacts> gatherPods(cluster::Api& api, const std::string& space, const Target* target);

// Reads the webhook configurations, and the release's Deployment that the webhook's service leads
// to, for what sidecars are by default.
Installation gatherInstallation(cluster::Api& api);

// Takes from the Deployments of the release's namespace, a list as JSON, what its webhook and
// operator were told. Pure.
void readRelease(std::string_view deployments, Installation& installation);

}  // namespace injector::check
