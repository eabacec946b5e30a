#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace elector::kubernetes {

// The UID of the Pod that a service account's token was issued to: the claim kubernetes.io.pod.uid.
// The token is not verified, so this is a default for --pod-uid and no proof of anything. Nothing
// for whatever is no such token.
std::optional<std::string> podUidOf(std::string_view token);

}  // namespace elector::kubernetes
