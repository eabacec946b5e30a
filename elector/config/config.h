#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elector/config/address.h"
#include "elector/election/election.h"
#include "elector/election/instant.h"
#include "elector/election/lease.h"
#include "elector/election/timing.h"
#include "elector/runtime/log.h"

namespace elector::config {

using election::OnMissing;
using election::OnShutdown;

// When /readyz answers 200.
enum class ReadyWhen {
    Synced,  // once the state of the Lease is known
    Leader,  // only while this process leads
};

// All that `run` was told, checked: whoever reads it need not check again. A value.
struct Config {
    std::string id;  // printable ASCII without spaces, not the reserved one, at most 253 characters
    election::LeaseKey lease;
    election::Timing timing;                // passes election::review without refusals
    Address address;                        // to serve on
    std::vector<std::string> allowedHosts;  // names to answer for besides the id
    std::string kubeconfig;  // a path, or several with colons between; "": in-cluster
    // Where --store=file:DIR keeps its Leases; nothing: in Kubernetes.
    std::optional<std::string> folder;
    OnShutdown onShutdown = OnShutdown::Release;
    OnMissing onMissing = OnMissing::Create;
    election::Duration drain{0};  // from 0 to one hour
    ReadyWhen ready = ReadyWhen::Synced;
    std::string podUid;  // letters, digits and dashes; "" where the process runs in no Pod
    runtime::LogLevel logLevel = runtime::LogLevel::Info;
    runtime::LogFormat logFormat = runtime::LogFormat::Json;

    // Sentences to log once the log exists: old names of flags, unwise durations.
    std::vector<std::string> warnings;
};

}  // namespace elector::config
