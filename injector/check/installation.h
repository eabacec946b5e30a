#pragma once

#include "injector/check/facts.h"
#include "injector/cluster/api.h"

namespace injector::check {

// Reads the webhook configurations, and the release's Deployment that the webhook's service leads
// to, for what sidecars are by default.
Installation gatherInstallation(cluster::Api& api);

// Takes from the Deployments of the release's namespace, a list as JSON, what its webhook and
// operator were told. Pure.
void readRelease(std::string_view deployments, Installation& installation);

}  // namespace injector::check
