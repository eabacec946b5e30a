#pragma once

#include <optional>
#include <string>

#include "elector/kubernetes/access.h"

namespace elector::kubernetes {

// How to reach the API server that a program was started for: by `kubeconfig`, a path or several
// with colons between, or where that is "" from within the cluster. Nothing where it is "" and this
// is no container of a Pod. Throws as readKubeconfig and readInCluster do.
std::optional<Access> findAccess(const std::string& kubeconfig);

}  // namespace elector::kubernetes
