#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace injector::certificates {

// Bytes as Kubernetes writes them in JSON: the standard alphabet, padded, in one line.
std::string toBase64(std::string_view bytes);

// Nothing where `text` is anything else.
std::optional<std::string> fromBase64(std::string_view text);

}  // namespace injector::certificates
