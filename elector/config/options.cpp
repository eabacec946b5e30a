#include "elector/config/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <utility>

#include "elector/config/values.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::config {

// ----------------------------------------------------------------------------------------- options

namespace {

// The variable is the running elector's, so that in its container both agree without a word.
constexpr FlagSpec kTarget{
    .name = "addr",
    .placeholder = "[HOST]:PORT",
    .environment = "ADDR",
    .fallback = "localhost:4040",
    .purpose = "The elector to ask; without a host, the one on this machine.",
    .complain = complaintAboutTarget};

std::string complaintAboutDrain(const std::string& value) {
    return complaintAboutDuration(value, "0s", "1h");
}

// In capitals too, as other programs' variables of these names are written.
std::string complaintAboutLogLevel(const std::string& value) {
    return runtime::parseLogLevel(value) ? "" : "allowed are debug, info, warn and error";
}

std::string complaintAboutLogFormat(const std::string& value) {
    return runtime::parseLogFormat(value) ? "" : "allowed are text and json";
}

std::string complaintAboutStore(const std::string& value) {
    return value == "kubernetes" || folderIn(value) ? "" : "allowed are kubernetes and file:DIR";
}

std::string complaintAboutPeriod(const std::string& value) {
    return complaintAboutDuration(value, "10ms", "1h");
}

std::string complaintAboutDay(const std::string& value) {
    return complaintAboutDuration(value, "0s", "24h");
}

std::string complaintAboutCount(const std::string& value) {
    return countIn(value) ? "" : "allowed are 1 to 100";
}

// "0" for none, as nais/elector takes it.
std::string complaintAboutOtherAddress(const std::string& value) {
    return value == "0" ? "" : complaintAboutAddress(value);
}

std::string complaintAboutTimeout(const std::string& value) {
    return complaintAboutDuration(value, "1ms", "1h");
}

constexpr auto kOptions = std::to_array<Option>({
    {.flag = {.name = "inject", .placeholder = "true|false"},
     .isElectors = false,
     .isAnnotation = true},
    {.flag = {.name = "lease-name",
              .placeholder = "NAME",
              .environment = "LEASE_NAME",
              .othersVariable = "ELECTOR_ELECTION",
              .shown = "required",
              .purpose = "The Lease that the replicas campaign for: one name, one leader.",
              .complain = complaintAboutLeaseName},
     .isAnnotation = true},
    {.flag = {.name = "shared", .placeholder = "true|false"},
     .isElectors = false,
     .isAnnotation = true},
    {.flag = {.name = "id",
              .placeholder = "TEXT",
              .environment = "POD_NAME",
              .shown = "host name + random",
              .purpose = "What the leader is called: different for each replica.",
              .complain = complaintAboutId},
     .podField = "metadata.name"},
    {.flag = {.name = "pod-uid",
              .placeholder = "UID",
              .environment = "POD_UID",
              .shown = "the one in the service account's token, else none",
              .purpose = "Tells a restarted container from another Pod of the same name.",
              .complain = complaintAboutPodUid},
     .podField = "metadata.uid"},
    {.flag = {.name = "namespace",
              .placeholder = "NAME",
              .environment = "NAMESPACE",
              .othersVariable = "ELECTOR_ELECTION_NAMESPACE",
              .shown = "the service account's, else the one called default",
              .purpose = "The namespace of the Lease.",
              .letter = "n",
              .complain = complaintAboutNamespace},
     .podField = "metadata.namespace"},
    {.flag = {.name = "pod-lease",
              .placeholder = "NAME",
              .environment = "POD_LEASE",
              .shown = "not asked",
              .purpose = "The Lease that the Pod says it campaigns for: where it is another or "
                         "none, only\nfollow. So does a copy of the Pod that lacks its "
                         "annotations."},
     .podField = "metadata.annotations['leader-elector.io/lease-name']"},
    {.flag = {.name = "lease-duration",
              .placeholder = "DURATION",
              .environment = "LEASE_DURATION",
              .fallback = "10s",
              .purpose = "How long the others wait after a leader's last renewal. Whole "
                         "seconds, 1s to 1h.",
              .complain = complaintAboutDuration},
     .isAnnotation = true,
     .releaseFlag = "lease-duration",
     .releasePurpose = "How long the others wait after a leader's last renewal."},
    {.flag = {.name = "lease-renew-duration",
              .placeholder = "DURATION",
              .environment = "LEASE_RENEW_DURATION",
              .fallback = "5s",
              .purpose = "How long a leader leads on without a renewal. At most 0.9 of the "
                         "lease duration.",
              .complain = complaintAboutDuration},
     .isAnnotation = true,
     .releaseFlag = "lease-renew-duration",
     .releasePurpose = "How long a leader leads on without a renewal."},
    {.flag = {.name = "retry-period",
              .placeholder = "DURATION",
              .environment = "RETRY_PERIOD",
              .shown = "2s, or 2/5 of the renew duration if that is less",
              .purpose = "How often a leader renews. Below the renew duration, better below "
                         "half of it.",
              .complain = complaintAboutDuration},
     .isAnnotation = true,
     .releaseFlag = "retry-period",
     .releasePurpose = "How often a leader renews."},
    {.flag = {.name = "drain",
              .placeholder = "DURATION",
              .environment = "DRAIN",
              .fallback = "0s",
              .purpose = "How long to answer \"not leader\" before the release, renewing on; "
                         "for programs\nthat poll, at least the polling interval.",
              .complain = complaintAboutDrain},
     .isAnnotation = true},
    {.flag = {.name = "poll-tolerance",
              .placeholder = "DURATION",
              .environment = "POLL_TOLERANCE",
              .fallback = "0s",
              .purpose = "For how long a program may act by an answer, for those that keep one. "
                         "With the\nrenew duration at most 0.9 of the lease duration.",
              .complain = complaintAboutDrain},
     .isAnnotation = true},
    {.flag = {.name = "health",
              .placeholder = "none|asked",
              .environment = "HEALTH",
              .fallback = "none",
              .purpose = "Lead only while the program is healthy: asked, while it asks who leads "
                         "or waits to be\ntold, on this machine. Or, in its place, one of the next "
                         "two."},
     .isAnnotation = true},
    {.flag = {.name = "health-url",
              .placeholder = "URL",
              .environment = "HEALTH_URL",
              .shown = "not asked",
              .purpose = "The program is healthy while this answers 2xx, as "
                         "http://localhost:8080/healthz.",
              .complain = complaintAboutHealthUrl},
     .isAnnotation = true},
    {.flag = {.name = "health-file",
              .placeholder = "FILE",
              .environment = "HEALTH_FILE",
              .shown = "not read",
              .purpose = "The program is healthy while it writes this file every now and then."},
     .isAnnotation = true},
    {.flag = {.name = "health-max-age",
              .placeholder = "DURATION",
              .environment = "HEALTH_MAX_AGE",
              .fallback = "10s",
              .purpose = "How long ago it may have written the file.",
              .complain = complaintAboutPeriod},
     .isAnnotation = true},
    {.flag = {.name = "asked-within",
              .placeholder = "DURATION",
              .environment = "ASKED_WITHIN",
              .fallback = "10s",
              .purpose = "How long ago it may have asked, with --health=asked.",
              .complain = complaintAboutPeriod},
     .isAnnotation = true},
    {.flag = {.name = "health-period",
              .placeholder = "DURATION",
              .environment = "HEALTH_PERIOD",
              .fallback = "2s",
              .purpose = "How often that is looked at.",
              .complain = complaintAboutPeriod},
     .isAnnotation = true},
    {.flag = {.name = "health-timeout",
              .placeholder = "DURATION",
              .environment = "HEALTH_TIMEOUT",
              .shown = "1s, or half the period if that is less",
              .purpose = "How long the URL's answer may take.",
              .complain = complaintAboutPeriod},
     .isAnnotation = true},
    {.flag = {.name = "health-failures",
              .placeholder = "NUMBER",
              .environment = "HEALTH_FAILURES",
              .fallback = "3",
              .purpose = "After how many failures in a row it is unhealthy.",
              .complain = complaintAboutCount},
     .isAnnotation = true},
    {.flag = {.name = "health-successes",
              .placeholder = "NUMBER",
              .environment = "HEALTH_SUCCESSES",
              .fallback = "1",
              .purpose = "After how many successes in a row it is healthy.",
              .complain = complaintAboutCount},
     .isAnnotation = true},
    {.flag = {.name = "degraded-after",
              .placeholder = "DURATION",
              .environment = "DEGRADED_AFTER",
              .fallback = "5m",
              .purpose = "Where nobody has led for so long, lead with an unhealthy program; 0s: "
                         "never.",
              .complain = complaintAboutDay},
     .isAnnotation = true},
    {.flag = {.name = "term-grace",
              .placeholder = "DURATION",
              .environment = "TERM_GRACE",
              .shown = "none; of exec min(5s, 1/6 of the renew duration)",
              .purpose = "How long before its term ends exec tells its program to end. On an "
                         "elector that\nexec asks: what renewals leave to it, and what a release "
                         "waits for, at least.",
              .complain = complaintAboutDrain},
     .isAnnotation = true},
    {.flag = {.name = "addr",
              .placeholder = "[HOST]:PORT",
              .environment = "ADDR",
              .othersVariable = "ELECTOR_HTTP",
              .fallback = ":4040",
              .purpose = "Where to answer over HTTP.",
              .complain = complaintAboutAddress}},
    {.flag = {.name = "probe-address",
              .placeholder = "[HOST]:PORT",
              .environment = "ELECTOR_PROBE_ADDRESS",
              .shown = "none",
              .purpose = "Where to answer as well, as nais/elector does for probes.",
              .complain = complaintAboutOtherAddress,
              .mayBeEmpty = true}},
    {.flag = {.name = "metrics-address",
              .placeholder = "[HOST]:PORT",
              .environment = "ELECTOR_METRICS_ADDRESS",
              .shown = "none",
              .purpose = "Where to answer as well, as nais/elector does for metrics.",
              .complain = complaintAboutOtherAddress,
              .mayBeEmpty = true}},
    {.flag = {.name = "on-shutdown",
              .placeholder = "release|expire",
              .environment = "ON_SHUTDOWN",
              .fallback = "release",
              .purpose = "When a leader is stopped: give the Lease up at once, or let it run "
                         "out."}},
    {.flag = {.name = "on-missing",
              .placeholder = "create|wait",
              .environment = "ON_MISSING",
              .fallback = "create",
              .purpose = "Where there is no Lease: create and take it at once, or wait a lease "
                         "duration first."},
     .isAnnotation = true},
    {.flag = {.name = "allowed-host",
              .placeholder = "NAME,...",
              .environment = "ALLOWED_HOST",
              .shown = "none",
              .purpose = "Host names to answer for, besides localhost, IP addresses and the id.",
              .complain = complaintAboutHosts},
     .isAnnotation = true},
    {.flag = {.name = "admin",
              .placeholder = "auto|on|off",
              .environment = "ADMIN",
              .fallback = "auto",
              .purpose = "Whether programs on the loopback may ask the leader to step down. auto: "
                         "unless the\nPod may share its node's network."},
     .isAnnotation = true},
    {.flag = {.name = "ready",
              .placeholder = "synced|leader",
              .environment = "READY",
              .fallback = "synced",
              .purpose = "When /readyz says yes: once the Lease's state is known, or only on "
                         "the leader."}},
    {.flag = {.name = "status-dir",
              .placeholder = "DIR",
              .environment = "STATUS_DIR",
              .shown = "none",
              .purpose = "A folder in which state.json says who leads and, only while this one "
                         "does, the\nfile leader, for programs that read files."},
     .isAnnotation = true},
    {.flag = {.name = "on-change-url",
              .placeholder = "URL",
              .environment = "ON_CHANGE_URL",
              .shown = "none",
              .purpose = "Where to POST who leads at each change, as http://localhost:8080/leader. "
                         "What answers\n2xx to \"draining\" has stopped acting: the release waits "
                         "for it no longer.",
              .complain = complaintAboutUrl},
     .isAnnotation = true},
    {.flag = {.name = "on-change-remote",
              .placeholder = "true|false",
              .environment = "ON_CHANGE_REMOTE",
              .fallback = "false",
              .purpose = "Whether that may be another machine than this one."}},
    {.flag = {.name = "store",
              .placeholder = "kubernetes|file:DIR",
              .environment = "STORE",
              .fallback = "kubernetes",
              .purpose = "Where the Lease lives: in the cluster, or in a folder, to elect "
                         "among\nprocesses of this machine.",
              .complain = complaintAboutStore}},
    {.flag = {.name = "kubeconfig",
              .placeholder = "FILE",
              .environment = "KUBECONFIG",
              .shown = "in-cluster",
              .purpose = "How to reach the cluster from outside of it."}},
    {.flag = {.name = "port", .placeholder = "PORT"}, .isElectors = false, .isAnnotation = true},
    {.flag = {.name = "mode", .placeholder = "sidecar|container", .fallback = "sidecar"},
     .isElectors = false,
     .isAnnotation = true,
     .releaseFlag = "mode",
     .releasePurpose = "A native sidecar, which ends after the program, or a container beside it."},
    {.flag = {.name = "after", .placeholder = "NAME"}, .isElectors = false, .isAnnotation = true},
    // Variables of the program's containers.
    {.flag = {.name = "env", .placeholder = "none|own|nais"},
     .isElectors = false,
     .isAnnotation = true},
    // Of an injected Pod; beside it, the elector's flag of this name says what /readyz means.
    {.flag = {.name = "ready", .placeholder = "always|synced|leader", .fallback = "always"},
     .isElectors = false,
     .isAnnotation = true,
     .releaseFlag = "ready",
     .releasePurpose =
         "What of the sidecar a Pod's readiness waits for: nothing, the state of its\n"
         "Lease, or that it leads."},
    // Enough for half a second from the start to the first answer; with 10m that takes three.
    {.flag = {.name = "cpu-request", .placeholder = "QUANTITY", .fallback = "50m"},
     .isElectors = false,
     .isOmissible = true,
     .isAnnotation = true,
     .releaseFlag = "cpu-request",
     .releasePurpose = "The sidecar's request for CPU; empty for none, as with the next three."},
    {.flag = {.name = "cpu-limit", .placeholder = "QUANTITY", .fallback = "50m"},
     .isElectors = false,
     .isOmissible = true,
     .isAnnotation = true,
     .releaseFlag = "cpu-limit",
     .releasePurpose = "Its limit. Requests equal to limits leave the Pod's quality of service."},
    {.flag = {.name = "memory-request", .placeholder = "QUANTITY", .fallback = "32Mi"},
     .isElectors = false,
     .isOmissible = true,
     .isAnnotation = true,
     .releaseFlag = "memory-request",
     .releasePurpose = "The sidecar's request for memory."},
    {.flag = {.name = "memory-limit", .placeholder = "QUANTITY", .fallback = "32Mi"},
     .isElectors = false,
     .isOmissible = true,
     .isAnnotation = true,
     .releaseFlag = "memory-limit",
     .releasePurpose = "Its limit."},
    {.flag = {.name = "ephemeral-storage-request", .placeholder = "QUANTITY"},
     .isElectors = false,
     .isAnnotation = true},
    {.flag = {.name = "ephemeral-storage-limit", .placeholder = "QUANTITY"},
     .isElectors = false,
     .isAnnotation = true},
    {.flag = {.name = "image", .placeholder = "IMAGE", .shown = "leader-elector of this version"},
     .isElectors = false,
     .isAnnotation = true,
     .releaseFlag = "image",
     .releasePurpose = "The sidecar's image, by tag or digest."},
    {.flag = {.name = "image-pull-policy",
              .placeholder = "Always|IfNotPresent|Never",
              .shown = "the cluster's"},
     .isElectors = false,
     .isOmissible = true,
     .releaseFlag = "image-pull-policy",
     .releasePurpose = "When the sidecar's image is pulled."},
    {.flag = {.name = "log-level",
              .placeholder = "debug|info|warn|error",
              .environment = "LOG_LEVEL",
              .othersVariable = "ELECTOR_LOG_LEVEL",
              .fallback = "info",
              .purpose = "The least level that is logged, to standard error.",
              .complain = complaintAboutLogLevel},
     .isAnnotation = true,
     .releaseFlag = "sidecar-log-level",
     .releasePurpose = "The least level that sidecars log."},
    {.flag = {.name = "log-format",
              .placeholder = "text|json",
              .environment = "LOG_FORMAT",
              .othersVariable = "ELECTOR_LOG_FORMAT",
              .shown = "text on a terminal, else json",
              .purpose = "How log lines are written.",
              .complain = complaintAboutLogFormat}},
    // The injector's to write: whatever it says is replaced.
    {.flag = {.name = "status", .placeholder = "TEXT"}, .isElectors = false, .isAnnotation = true},
    {.flag = {.name = "ttl",
              .placeholder = "DURATION",
              .purpose = "Old: the lease duration; renew duration and retry period are 1/2 and "
                         "1/4 of it.",
              .replacement = "lease-duration",
              .complain = complaintAboutDuration}},
    {.flag = {.name = "use-cluster-credentials",
              .placeholder = "true|false",
              .purpose = "Old, and without effect: the service account's credentials are used "
                         "in a Pod.",
              .replacement = "kubeconfig",
              .isSwitch = true}},
});

}  // namespace

std::span<const Option> options() {
    return kOptions;
}

const Option& optionOf(std::string_view name) {
    const auto* const found = std::ranges::find_if(
        kOptions, [&](const Option& option) { return option.flag.name == name; });
    if (found == kOptions.end()) {
        throw std::out_of_range("no option is called " + std::string(name));
    }
    return *found;
}

const std::vector<FlagSpec>& runFlags() {
    static const std::vector<FlagSpec> kFlags = [] {
        std::vector<FlagSpec> flags;
        for (const Option& option : kOptions) {
            if (option.isElectors) {
                flags.push_back(option.flag);
            }
        }
        return flags;
    }();
    return kFlags;
}

const std::vector<FlagSpec>& statusFlags() {
    static const std::vector<FlagSpec> kFlags{
        kTarget,
        {.name = "output",
         .placeholder = "human|json",
         .fallback = "human",
         .purpose = "How to print the answer."},
        {.name = "timeout",
         .placeholder = "DURATION",
         .fallback = "2s",
         .purpose = "How long to wait for the whole answer.",
         .complain = complaintAboutTimeout},
    };
    return kFlags;
}

const std::vector<FlagSpec>& probeFlags() {
    // Below the second after which a kubelet kills a probe, so that the reason is still printed.
    static const std::vector<FlagSpec> kFlags{
        kTarget,
        {.name = "timeout",
         .placeholder = "DURATION",
         .fallback = "900ms",
         .purpose = "How long to wait for the whole answer.",
         .complain = complaintAboutTimeout},
    };
    return kFlags;
}

const std::vector<FlagSpec>& execFlags() {
    static const std::vector<FlagSpec> kFlags{
        {.name = "elector",
         .placeholder = "[HOST]:PORT",
         .shown = "campaign here",
         .purpose =
             "Ask this elector who leads rather than campaign; of the flags of run, only "
             "durations\nand those of the log are taken then: say what that elector is told.",
         .complain = complaintAboutTarget},
        {.name = "on-loss",
         .placeholder = "wait|exit",
         .fallback = "wait",
         .purpose = "Once the program was ended with its term: wait for the next one, or exit."},
        {.name = "timeout",
         .placeholder = "DURATION",
         .fallback = "0s",
         .purpose = "How long to wait for a term, each time; 0s for ever.",
         .complain = complaintAboutDrain},
    };
    return kFlags;
}

const std::vector<FlagSpec>& copyFlags() {
    static const std::vector<FlagSpec> kFlags{
        {.name = "at",
         .placeholder = "DIR",
         .shown = "the same folder",
         .purpose = "Where the program's container sees the folder, an absolute path."},
    };
    return kFlags;
}

const std::vector<FlagSpec>& handOverFlags() {
    static const std::vector<FlagSpec> kFlags{
        {.name = "lease",
         .placeholder = "NAME",
         .environment = "LEASE_NAME",
         .shown = "required",
         .purpose = "The Lease whose leader is asked.",
         .complain = complaintAboutLeaseName},
        {.name = "to",
         .placeholder = "ID",
         .shown = "required",
         .purpose = "The candidate that is to lead: the name of its Pod, or its --id.",
         .complain = complaintAboutId},
        optionOf("namespace").flag,
        {.name = "wait",
         .placeholder = "true|false",
         .purpose = "Wait until another leads, and say who, and how long that took.",
         .isSwitch = true},
        {.name = "timeout",
         .placeholder = "DURATION",
         .fallback = "2m",
         .purpose = "How long to try, and to wait.",
         .complain = complaintAboutDrain},
        optionOf("kubeconfig").flag,
        optionOf("store").flag,
    };
    return kFlags;
}

const std::vector<FlagSpec>& stepDownFlags() {
    static const std::vector<FlagSpec> kFlags{
        kTarget,
        {.name = "to",
         .placeholder = "ID",
         .shown = "whoever comes first",
         .purpose = "The candidate that the others leave the Lease to for a moment.",
         .complain = complaintAboutId},
        {.name = "token",
         .placeholder = "TOKEN",
         .shown = "whichever",
         .purpose = "Only in the term of this fencing token: nobody is deposed by a late retry.",
         .complain = complaintAboutToken},
        {.name = "back-off",
         .placeholder = "DURATION",
         .shown = "10s, or twice the retry period if that is more",
         .purpose = "For how long it takes the Lease from nobody once it has released it.",
         .complain = complaintAboutDrain},
        {.name = "timeout",
         .placeholder = "DURATION",
         .fallback = "2s",
         .purpose = "How long to wait for the answer.",
         .complain = complaintAboutTimeout},
    };
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

const std::string& OptionValues::operator[](std::string_view name) const {
    static const std::string kNothing;
    const auto found = texts_.find(name);
    return found == texts_.end() ? kNothing : found->second;
}

// ------------------------------------------------------------------------------------------ timing

namespace {

using election::Duration;
using election::TimingFault;
using election::TimingField;

struct Part {
    std::string_view option;
    Duration value;
};

Part partOf(TimingField field, const election::Timing& timing) {
    switch (field) {
        case TimingField::LeaseDuration:
            return {"lease-duration", timing.leaseDuration};
        case TimingField::RenewDeadline:
            return {"lease-renew-duration", timing.renewDeadline};
        case TimingField::PollTolerance:
            return {"poll-tolerance", timing.pollTolerance};
        case TimingField::TermGrace:
            return {"term-grace", timing.termGrace.value_or(Duration{})};
        case TimingField::RetryPeriod:
            break;
    }
    return {"retry-period", timing.retryPeriod};
}

}  // namespace

TimingJudgement judgeTiming(const OptionValues& given, bool runsProgram) {
    TimingJudgement judgement;
    election::Timing& timing = judgement.timing;
    const auto choose = [&](TimingField field, Duration own) {
        return runtime::parseDuration(given[partOf(field, timing).option]).value_or(own);
    };
    timing.leaseDuration = choose(TimingField::LeaseDuration, timing.leaseDuration);
    timing.renewDeadline = choose(TimingField::RenewDeadline, timing.renewDeadline);
    timing.retryPeriod =
        choose(TimingField::RetryPeriod, election::defaultRetryPeriod(timing.renewDeadline));
    timing.pollTolerance = choose(TimingField::PollTolerance, timing.pollTolerance);
    timing.termGrace = runtime::parseDuration(given["term-grace"]);
    if (!timing.termGrace && runsProgram) {
        timing.termGrace = election::defaultTermGrace(timing.renewDeadline);
    }
    const auto findings = [&](const std::vector<TimingFault>& faults) {
        std::vector<OptionFinding> found;
        for (const TimingFault& fault : faults) {
            const auto [option, value] = partOf(fault.field, timing);
            const std::string& text = given[option];
            found.push_back(
                {option, text.empty() ? runtime::formatDuration(value) : text, fault.reason});
        }
        return found;
    };
    const election::TimingReview review = election::review(timing);
    judgement.refusals = findings(review.refusals);
    judgement.warnings = findings(review.warnings);
    return judgement;
}

// ------------------------------------------------------------------------------------------ health

HealthJudgement judgeHealth(const OptionValues& given) {
    const auto textOf = [&](std::string_view name) {
        return given[name].empty() ? std::string(optionOf(name).flag.fallback) : given[name];
    };
    const auto durationOf = [&](std::string_view name) {
        return runtime::parseDuration(textOf(name)).value_or(Duration{});
    };
    const auto refused = [&](std::string_view name, std::string reason) {
        return HealthJudgement{std::nullopt, OptionFinding{name, given[name], std::move(reason)}};
    };
    std::string_view way;
    for (const std::string_view name : {"health", "health-url", "health-file"}) {
        if (given[name].empty() || given[name] == "none") {
            continue;
        }
        if (!way.empty()) {
            return refused(name, fmt::format("is refused beside {} \"{}\": the program's health is "
                                             "found out in one way",
                                             way, runtime::quoted(given[way])));
        }
        way = name;
    }
    if (way.empty()) {
        return {};
    }
    HealthCheck check;
    if (way == "health-url") {
        check.by = kubernetes::parseTarget(given[way]);
    } else if (way == "health-file") {
        check.by = HealthCheck::File{given[way], durationOf("health-max-age")};
    } else {
        check.by = HealthCheck::Asked{durationOf("asked-within")};
    }
    check.period = durationOf("health-period");
    check.timeout = given["health-timeout"].empty()
                        ? std::min<Duration>(std::chrono::seconds(1), check.period / 2)
                        : durationOf("health-timeout");
    if (check.timeout > check.period) {
        return refused("health-timeout",
                       fmt::format("is refused: it is at most the period, health-period \"{}\"",
                                   runtime::quoted(textOf("health-period"))));
    }
    check.failures = countIn(textOf("health-failures")).value_or(1);
    check.successes = countIn(textOf("health-successes")).value_or(1);
    check.degradedAfter = durationOf("degraded-after");
    return {check, std::nullopt};
}

}  // namespace elector::config
