#include "elector/kubernetes/find_access.h"

#include "elector/kubernetes/in_cluster.h"
#include "elector/kubernetes/kubeconfig.h"

namespace elector::kubernetes {

std::optional<Access> findAccess(const std::string& kubeconfig) {
    if (!kubeconfig.empty()) {
        return readKubeconfig(splitKubeconfigList(kubeconfig));
    }
    if (const auto sources = inClusterSources()) {
        return readInCluster(*sources);
    }
    return std::nullopt;
}

}  // namespace elector::kubernetes
