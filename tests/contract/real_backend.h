#pragma once

#include <vector>

#include "tests/contract/backend.h"

namespace elector::test {

// A real kube-apiserver ("ApiServer"), where CONTRACT_KUBECONFIG names a kubeconfig whose user may
// do anything with Leases in the namespace default; else none. What is done by hand is done with
// kubectl, which is found by the PATH.
std::vector<BackendKind> realBackends();

}  // namespace elector::test
