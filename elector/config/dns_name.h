#pragma once

#include <string_view>

namespace elector::config {

// As Kubernetes checks names of objects (RFC 1123): lower-case letters, digits and dashes, with a
// letter or digit at both ends; at most 63 characters.
bool isDnsLabel(std::string_view text);

// Such labels with points between, at most 253 characters; Kubernetes sets no limit to each.
bool isDnsSubdomain(std::string_view text);

}  // namespace elector::config
