#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "elector/kubernetes/access.h"

namespace elector::kubernetes {

// Splits KUBECONFIG's list at its colons; empty elements are left out, as kubectl does.
std::vector<std::filesystem::path> splitKubeconfigList(std::string_view list);

// Reads kubeconfig files as kubectl merges them: of each cluster, user and context the first file
// that names it counts, and the first current-context; relative paths are relative to the file that
// they stand in. Of several files those that do not exist are skipped, but not all of them.
//
// Understood are certificates, keys, authorities and tokens, in files or inline; what is empty
// counts as absent. Refused, with a sentence: exec and auth-provider plugins, user names with
// passwords, impersonation, proxies; data that stand in the file and hold no certificate, key or
// token; and what refuseUnsafe() refuses. Throws std::runtime_error whose sentence names file,
// line, value and remedy.
Access readKubeconfig(const std::vector<std::filesystem::path>& files);

}  // namespace elector::kubernetes
