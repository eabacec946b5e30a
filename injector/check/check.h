#pragma once

#include <iosfwd>
#include <string>

#include "elector/kubernetes/access.h"
#include "elector/runtime/clock.h"
#include "injector/config/invocation.h"

namespace injector::check {

// How a person's command reaches the cluster: by `kubeconfig`, and the context of that name in it
// or, for "", the current one. Throws elector::config::Refusal where there is none.
elector::kubernetes::Access accessOf(const std::string& kubeconfig, const std::string& context);

// `check KIND/NAME`: whether the Pods of a workload are injected, by which rule, and if not why;
// what its Pods, its rights and its Lease look like. `check`: which Pods of the namespace, or of
// all, have outdated sidecars or none that they asked for. Reads from the API, and writes nothing.
//
// The answer goes to `out`, what kept it from being one to `err`. Returns kExitSuccess where all is
// well, kExitFailure where something is not, kExitNoAnswer where the API did not answer. Throws
// elector::config::Refusal where the request makes no sense or names no reachable cluster.
int runCheck(const config::CheckRequest& request, const elector::runtime::Clock& clock,
             std::ostream& out, std::ostream& err);

}  // namespace injector::check
