#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

#include "elector/runtime/result.h"

namespace elector::runtime {

// Configuration, tokens and certificates are a few KiB; whatever is larger than this is something
// else.
inline constexpr std::size_t kMaxFileBytes = 1048576;

// The content of a regular file. Where it cannot be read, or is longer than kMaxFileBytes, an
// Unreachable error whose sentence names it. Never waits, as reading a pipe would.
Result<std::string> readFile(const std::filesystem::path& path);

}  // namespace elector::runtime
