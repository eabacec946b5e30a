#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "elector/election/instant.h"

namespace elector::runtime {

// Reads a duration in Go's syntax ("10s", "1m30s", "500ms", "-1.5h", "0"), as Kubernetes' flags
// write them (time.ParseDuration). Nothing if the text is not one or does not fit 64 bits of
// nanoseconds.
std::optional<election::Duration> parseDuration(std::string_view text);

// The same syntax as Go's Duration.String prints: "10s", "1m30s", "1.5s", "500ms", "0s".
std::string formatDuration(election::Duration duration);

}  // namespace elector::runtime
