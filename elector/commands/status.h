#pragma once

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>

#include "elector/config/invocation.h"
#include "elector/runtime/clock.h"

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

// Asks a running elector who leads and prints its answer to `out`: in words, or the JSON as it was
// answered. What went wrong goes to `err`. Returns the exit code: kExitSuccess if the elector asked
// leads, kExitFailure if another does, kExitNobodyLeads, kExitNoAnswer.
int runStatus(const config::StatusRequest& request, const runtime::Clock& clock, std::ostream& out,
              std::ostream& err);

}  // namespace elector::commands
