#include "elector/config/run_flags.h"

#include <chrono>
#include <string>
#include <string_view>

#include "elector/config/token_claim.h"
#include "elector/config/values.h"

namespace elector::config {

namespace {

std::string assignId(RunDraft& draft, const std::string& value) {
    draft.config.id = value;
    return complaintAboutId(value);
}

std::string assignLeaseName(RunDraft& draft, const std::string& value) {
    draft.config.lease.name = value;
    return complaintAboutLeaseName(value);
}

std::string assignNamespace(RunDraft& draft, const std::string& value) {
    draft.config.lease.space = value;
    return complaintAboutNamespace(value);
}

std::string assignStore(RunDraft& draft, const std::string& value) {
    constexpr std::string_view kFile = "file:";
    if (value.starts_with(kFile) && value.size() > kFile.size()) {
        draft.config.folder = value.substr(kFile.size());
        return "";
    }
    return value == "kubernetes" ? "" : "allowed are kubernetes and file:DIR";
}

std::string assignDrain(RunDraft& draft, const std::string& value) {
    if (std::string complaint = assignDuration(draft.config.drain, value); !complaint.empty()) {
        return complaint;
    }
    const bool fits =
        draft.config.drain >= election::Duration(0) && draft.config.drain <= std::chrono::hours(1);
    return fits ? "" : "allowed is a duration from 0s to 1h";
}

std::string assignPodUid(RunDraft& draft, const std::string& value) {
    draft.config.podUid = value;
    return isPodUid(value) ? "" : "a Pod's UID has letters, digits and dashes, at most 64";
}

std::string assignLogFormat(RunDraft& draft, const std::string& value) {
    draft.logFormat = runtime::parseLogFormat(value);
    return draft.logFormat ? "" : "allowed are text and json";
}

std::vector<Flag<RunDraft>> electionFlags() {
    return {
        {{.name = "lease-name",
          .placeholder = "NAME",
          .environment = "LEASE_NAME",
          .shown = "required",
          .purpose = "The Lease that the replicas campaign for: one name, one leader."},
         assignLeaseName},
        {{.name = "namespace",
          .placeholder = "NAME",
          .environment = "NAMESPACE",
          .shown = "the service account's, else the one called default",
          .purpose = "The namespace of the Lease.",
          .letter = "n"},
         assignNamespace},
        {{.name = "id",
          .placeholder = "TEXT",
          .environment = "POD_NAME",
          .shown = "host name + random",
          .purpose = "What the leader is called: different for each replica."},
         assignId},
        {{.name = "lease-duration",
          .placeholder = "DURATION",
          .environment = "LEASE_DURATION",
          .fallback = "10s",
          .purpose = "How long the others wait after a leader's last renewal. Whole seconds, 1s to "
                     "1h."},
         [](RunDraft& draft, const std::string& value) {
             return assignDuration(draft.config.timing.leaseDuration, value);
         }},
        {{.name = "lease-renew-duration",
          .placeholder = "DURATION",
          .environment = "LEASE_RENEW_DURATION",
          .fallback = "5s",
          .purpose = "How long a leader leads on without a renewal. At most 0.9 of the lease "
                     "duration."},
         [](RunDraft& draft, const std::string& value) {
             return assignDuration(draft.config.timing.renewDeadline, value);
         }},
        {{.name = "retry-period",
          .placeholder = "DURATION",
          .environment = "RETRY_PERIOD",
          .shown = "2s, or 2/5 of the renew duration if that is less",
          .purpose = "How often a leader renews. Below the renew duration, better below half of "
                     "it."},
         [](RunDraft& draft, const std::string& value) {
             return assignDuration(draft.retryPeriod.emplace(), value);
         }},
    };
}

std::vector<Flag<RunDraft>> handOverFlags() {
    return {
        {{.name = "on-missing",
          .placeholder = "create|wait",
          .environment = "ON_MISSING",
          .fallback = "create",
          .purpose =
              "Where there is no Lease: create and take it at once, or wait a lease duration "
              "first."},
         [](RunDraft& draft, const std::string& value) {
             return assignChoice(draft.config.onMissing, value,
                                 {{"create", OnMissing::Create}, {"wait", OnMissing::Wait}});
         }},
        {{.name = "on-shutdown",
          .placeholder = "release|expire",
          .environment = "ON_SHUTDOWN",
          .fallback = "release",
          .purpose = "When a leader is stopped: give the Lease up at once, or let it run out."},
         [](RunDraft& draft, const std::string& value) {
             return assignChoice(
                 draft.config.onShutdown, value,
                 {{"release", OnShutdown::Release}, {"expire", OnShutdown::Expire}});
         }},
        {{.name = "drain",
          .placeholder = "DURATION",
          .environment = "DRAIN",
          .fallback = "0s",
          .purpose = "How long to answer \"not leader\" before the release, renewing on; for "
                     "programs\nthat poll, at least the polling interval."},
         assignDrain},
    };
}

std::vector<Flag<RunDraft>> surroundingFlags() {
    return {
        {{.name = "addr",
          .placeholder = "[HOST]:PORT",
          .environment = "ADDR",
          .fallback = ":4040",
          .purpose = "Where to answer over HTTP."},
         [](RunDraft& draft, const std::string& value) {
             return assignAddress(draft.config.address, value);
         }},
        {{.name = "allowed-host",
          .placeholder = "NAME,...",
          .environment = "ALLOWED_HOST",
          .shown = "none",
          .purpose = "Host names to answer for, besides localhost, IP addresses and the id."},
         [](RunDraft& draft, const std::string& value) {
             return assignHosts(draft.config.allowedHosts, value);
         }},
        {{.name = "ready",
          .placeholder = "synced|leader",
          .environment = "READY",
          .fallback = "synced",
          .purpose = "When /readyz says yes: once the Lease's state is known, or only on the "
                     "leader."},
         [](RunDraft& draft, const std::string& value) {
             return assignChoice(draft.config.ready, value,
                                 {{"synced", ReadyWhen::Synced}, {"leader", ReadyWhen::Leader}});
         }},
        {{.name = "store",
          .placeholder = "kubernetes|file:DIR",
          .environment = "STORE",
          .fallback = "kubernetes",
          .purpose = "Where the Lease lives: in the cluster, or in a folder, to elect among\n"
                     "processes of this machine."},
         assignStore},
        {{.name = "kubeconfig",
          .placeholder = "FILE",
          .environment = "KUBECONFIG",
          .shown = "in-cluster",
          .purpose = "How to reach the cluster from outside of it."},
         [](RunDraft& draft, const std::string& value) {
             draft.config.kubeconfig = value;
             return std::string();
         }},
        {{.name = "pod-uid",
          .placeholder = "UID",
          .environment = "POD_UID",
          .shown = "the one in the service account's token, else none",
          .purpose = "Tells a restarted container from another Pod of the same name."},
         assignPodUid},
    };
}

std::vector<Flag<RunDraft>> otherFlags() {
    return {
        {{.name = "log-level",
          .placeholder = "debug|info|warn|error",
          .environment = "LOG_LEVEL",
          .fallback = "info",
          .purpose = "The least level that is logged, to standard error."},
         [](RunDraft& draft, const std::string& value) {
             return assignLogLevel(draft.config.logLevel, value);
         }},
        {{.name = "log-format",
          .placeholder = "text|json",
          .environment = "LOG_FORMAT",
          .shown = "text on a terminal, else json",
          .purpose = "How log lines are written."},
         assignLogFormat},
        {{.name = "ttl",
          .placeholder = "DURATION",
          .purpose = "Old: the lease duration; renew duration and retry period are 1/2 and 1/4 of "
                     "it.",
          .replacement = "lease-duration"},
         [](RunDraft& draft, const std::string& value) {
             return assignDuration(draft.ttl.emplace(), value);
         }},
    };
}

}  // namespace

const std::vector<Flag<RunDraft>>& runFlags() {
    static const std::vector<Flag<RunDraft>> kFlags = [] {
        std::vector<Flag<RunDraft>> flags = electionFlags();
        for (const auto& more : {handOverFlags(), surroundingFlags(), otherFlags()}) {
            flags.insert(flags.end(), more.begin(), more.end());
        }
        return flags;
    }();
    return kFlags;
}

const std::vector<FlagSpec>& oldNames() {
    static const std::vector<FlagSpec> kNames{
        {.name = "election", .placeholder = "NAME", .replacement = "lease-name"},
        {.name = "election-namespace", .placeholder = "NAME", .replacement = "namespace"},
        {.name = "http", .placeholder = "[HOST]:PORT", .replacement = "addr"},
    };
    return kNames;
}

}  // namespace elector::config
