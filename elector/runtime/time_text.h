#pragma once

#include <cstdint>
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

// Whole milliseconds, rounded down: as deadlines are told. REQUIRES: it is not negative.
constexpr std::int64_t milliseconds(election::Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

// Reads an RFC 3339 time with any offset and zero or more decimals (those beyond the sixth are
// cut). Nothing if the text is anything else: Poco's parser takes garbage for the year 0. Years
// 0001 to 9999.
std::optional<election::WallTime> parseRfc3339(std::string_view text);

// Kubernetes' MicroTime: UTC with exactly six decimals and a Z ("2026-01-02T03:04:05.000006Z"); the
// API server refuses anything else.
std::string formatMicroTime(election::WallTime time);

// The same in whole seconds, rounded down: "2026-01-02T03:04:05Z".
std::string formatSeconds(election::WallTime time);

}  // namespace elector::runtime
