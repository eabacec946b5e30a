#include "elector/config/run_config.h"

#include <fmt/format.h>

#include <utility>

#include "elector/config/run_flags.h"
#include "elector/config/settings.h"
#include "elector/config/timing_sentence.h"
#include "elector/config/token_claim.h"
#include "elector/config/values.h"
#include "elector/runtime/duration.h"
#include "elector/runtime/log.h"

namespace elector::config {

namespace {

using election::Timing;
using runtime::formatDuration;

void refuseBoth(const Scan& scan, const FlagSpec& old) {
    const auto current = scan.flags.find(old.replacement);
    if (current != scan.flags.end()) {
        throw Refusal(fmt::format("{} and {} say the same and cannot both be given: keep {} alone",
                                  scan.flags.at(old.name).written, current->second.written,
                                  current->second.written));
    }
}

// Files what was given by an old name under the name that replaces it.
void adoptOldNames(Scan& scan, std::vector<std::string>& warnings) {
    for (const FlagSpec& old : oldNames()) {
        const auto given = scan.flags.find(old.name);
        if (given == scan.flags.end()) {
            continue;
        }
        refuseBoth(scan, old);
        warnings.push_back(
            fmt::format("{} is an old name: write --{}", given->second.written, old.replacement));
        scan.flags[old.replacement] = given->second;
    }
}

void refuseWrongCombinations(const Scan& scan, const Settings& settings, const RunDraft& draft) {
    for (const Flag<RunDraft>& flag : runFlags()) {
        if (!flag.spec.replacement.empty() && scan.flags.contains(flag.spec.name)) {
            refuseBoth(scan, flag.spec);
        }
    }
    if (draft.config.folder && settings.isFlag("kubeconfig") && !draft.config.kubeconfig.empty()) {
        throw Refusal(
            fmt::format("{} is refused beside {}: a folder needs no cluster; allowed is "
                        "one of the two",
                        settings.find("kubeconfig")->subject, settings.find("store")->subject));
    }
}

void chooseTiming(RunDraft& draft, const Settings& settings) {
    Timing& timing = draft.config.timing;
    if (!draft.ttl) {
        timing.retryPeriod =
            draft.retryPeriod.value_or(election::defaultRetryPeriod(timing.renewDeadline));
        return;
    }
    // A flag as well, and so above the environment: it stands for all three, but for those that
    // have a flag of their own.
    timing.leaseDuration = *draft.ttl;
    if (!settings.isFlag("lease-renew-duration")) {
        timing.renewDeadline = *draft.ttl / 2;
    }
    const bool retryGiven = draft.retryPeriod && settings.isFlag("retry-period");
    timing.retryPeriod = retryGiven ? *draft.retryPeriod : *draft.ttl / 4;
    draft.config.warnings.push_back(
        fmt::format("--ttl is an old name: write --lease-duration={} --lease-renew-duration={} "
                    "--retry-period={}",
                    formatDuration(timing.leaseDuration), formatDuration(timing.renewDeadline),
                    formatDuration(timing.retryPeriod)));
}

// As sentenceOf() of timing_sentence.h, but for what --ttl means.
std::string sentenceOf(const election::TimingFault& fault, const RunDraft& draft,
                       const Settings& settings) {
    const auto [name, value] = flagOf(fault.field, draft.config.timing);
    if (draft.ttl && !settings.isFlag(name)) {
        return fmt::format("{}, which means --{} {}, {}", settings.find("ttl")->subject, name,
                           formatDuration(value), fault.reason);
    }
    return config::sentenceOf(fault, draft.config.timing, settings);
}

void judgeTiming(RunDraft& draft, const Settings& settings) {
    const election::TimingReview review = election::review(draft.config.timing);
    if (!review.refusals.empty()) {
        throw Refusal(sentenceOf(review.refusals.front(), draft, settings));
    }
    for (const election::TimingFault& warning : review.warnings) {
        draft.config.warnings.push_back(sentenceOf(warning, draft, settings));
    }
}

std::string trimmed(const std::string& text) {
    constexpr const char* kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string namespaceFrom(const Facts& facts) {
    std::string found = trimmed(facts.serviceAccountNamespace.value_or(""));
    if (found.empty()) {
        return "default";
    }
    if (const std::string complaint = complaintAboutNamespace(found); !complaint.empty()) {
        throw Refusal(fmt::format(
            "the service account's namespace file holds \"{}\", which is refused for --namespace: "
            "{}",
            runtime::quoted(found), complaint));
    }
    return found;
}

// A variable that programs of other makes heed, in either case.
void sayThatNoProxyIsUsed(const Environment& environment, Config& config) {
    for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
        const auto found = environment.find(name);
        if (!config.folder && found != environment.end() && !found->second.empty()) {
            config.warnings.push_back(
                fmt::format("{} is set, and not used: the API server is reached directly", name));
            return;
        }
    }
}

// What nobody said and the machine knows.
void completeFrom(const Facts& facts, RunDraft& draft) {
    Config& config = draft.config;
    if (config.id.empty()) {
        config.id = facts.hostName + "_" + facts.random;
        if (const std::string complaint = complaintAboutId(config.id); !complaint.empty()) {
            throw Refusal(fmt::format("--id \"{}\" (the default) is refused: {}",
                                      runtime::quoted(config.id), complaint));
        }
    }
    if (config.lease.space.empty()) {
        config.lease.space = namespaceFrom(facts);
    }
    if (config.podUid.empty()) {
        config.podUid = podUidOf(facts.serviceAccountToken.value_or(""));
    }
    config.logFormat = draft.logFormat.value_or(facts.logsToTerminal ? runtime::LogFormat::Text
                                                                     : runtime::LogFormat::Json);
}

}  // namespace

std::vector<FlagSpec> runSpecs() {
    std::vector<FlagSpec> specs = specsOf(runFlags());
    specs.insert(specs.end(), oldNames().begin(), oldNames().end());
    return specs;
}

Config runConfig(Scan scan, const Environment& environment, const Facts& facts) {
    RunDraft draft;
    adoptOldNames(scan, draft.config.warnings);
    const Settings settings(scan, environment, specsOf(runFlags()));
    settings.apply(runFlags(), draft);
    refuseWrongCombinations(scan, settings, draft);
    if (draft.config.lease.name.empty()) {
        throw Refusal(
            "--lease-name (or LEASE_NAME) is missing: name the Lease that the replicas campaign "
            "for, as in --lease-name=web");
    }
    chooseTiming(draft, settings);
    judgeTiming(draft, settings);
    completeFrom(facts, draft);
    sayThatNoProxyIsUsed(environment, draft.config);
    return std::move(draft.config);
}

}  // namespace elector::config
