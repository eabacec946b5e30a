#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace elector::commands {

// The JSON of /api/leader as values.
struct LeaderAnswer {
    std::string leader;  // "" if nobody leads
    std::string id;      // of the elector that was asked
    bool isLeader = false;
    // What later or earlier versions may leave out: absent or null.
    std::optional<std::string> lease;
    std::optional<std::string> fencingToken;
    std::optional<std::string> leaseUid;
    std::optional<std::string> acquireTime;
    std::optional<std::string> renewTime;
    std::optional<std::int64_t> transitions;
    std::optional<std::int64_t> validForMs;
    std::optional<std::string> trouble;
};

// Nothing unless `body` is a JSON object in printable UTF-8 whose fields have their types, and in
// which `isLeader` says that `leader` is `id`. Other fields are left to later versions.
std::optional<LeaderAnswer> parseLeaderAnswer(const std::string& body);

}  // namespace elector::commands
