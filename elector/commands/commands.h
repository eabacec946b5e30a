#pragma once

#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <variant>

#include "elector/config/invocation.h"
#include "elector/config/values.h"
#include "elector/election/instant.h"
#include "elector/kubernetes/connection.h"
#include "elector/runtime/clock.h"

namespace elector::commands {

// The answer of an elector to a GET.
struct HttpAnswer {
    int status = 0;
    std::string body;

    bool operator==(const HttpAnswer&) const = default;
};

struct NoAnswer {
    std::string reason;  // a sentence
};

// An elector's longest body, names of 253 characters and a fencing token of 128 digits included, is
// below 4 KiB; the rest is room for what later versions add.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{64} * 1024;

// Sends "GET `path`", or "POST `path`" with a `body` (JSON), to the elector at `address` and reads
// its answer. Takes no longer than
// `timeout` in all, however slowly bytes come. NoAnswer says who was asked and what went wrong.
std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock,
                                       const std::string& body = {});

// The same up to the head of the answer, which the caller reads on. Limits are the connection's.
// REQUIRES: it is not open.
kubernetes::Result<kubernetes::Head> begin(kubernetes::Connection& connection,
                                           const config::Address& address,
                                           const kubernetes::Request& request);

// Asks a running elector whether it is live, or ready, and prints the reason to `out`, which a
// kubelet puts into the Event of a failed probe. Returns kExitSuccess for yes, else kExitFailure.
int runProbe(const config::ProbeRequest& request, const runtime::Clock& clock, std::ostream& out);

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
    std::optional<std::int64_t> validUntilBoottimeMs;
    bool leadsForLife = false;
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

// Copies this program with its libraries and its loader into a folder, so that the copy runs in any
// image of this architecture, one that has no C library or another one included. An earlier copy is
// replaced, though it may run. Returns kExitSuccess, or kExitFailure with a sentence on `err`.
int runCopy(const config::CopyRequest& request, std::ostream& err);

// Asks a running elector to step down, and prints what it answered to `out`, or why it does not to
// `err`. Returns kExitSuccess, kExitFailure where it refuses, kExitNoAnswer.
int runStepDown(const config::StepDownRequest& request, const runtime::Clock& clock,
                std::ostream& out, std::ostream& err);

// Asks the leader of a Lease, by an annotation, to hand over to another (rule 18), and prints what
// came of it to `out`, or why nothing did to `err`. Returns kExitSuccess: it is asked, or with
// `waits` the other leads, or it led already. kExitNobodyLeads: nobody holds the Lease.
// kExitFailure: there is no such Lease, its holder knows no hand-over, the API refuses; or with
// `waits` another leads, or nobody else did in time. Throws std::runtime_error where there is no
// way to the Lease: a kubeconfig or a folder that is unusable.
int runHandOver(const config::HandOverRequest& request, const runtime::Clock& clock,
                std::ostream& out, std::ostream& err);

}  // namespace elector::commands
