#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elector/config/flag.h"
#include "elector/config/values.h"
#include "elector/runtime/log.h"
#include "injector/admission/quantity.h"
#include "injector/config/invocation.h"

// Flags that several commands have: made for the Target of each.
namespace injector::config {

using elector::config::Flag;
using elector::config::FlagSpec;

// "", or what is allowed instead.
std::string complaintAboutImage(const std::string& image);
std::string complaintAboutObject(const std::string& name);  // of most kinds
std::string complaintAboutPath(const std::string& path);
std::string complaintAboutDuration(const std::string& text);
std::string complaintAboutSidecarLevel(const std::string& text);
std::string complaintAboutPullPolicy(const std::string& text);

// Stores a text that may be left empty, unless `complain` says what is wrong with it.
template <typename Complain>
std::string assignText(std::string& target, const std::string& value, Complain complain) {
    std::string complaint = value.empty() ? "" : complain(value);
    if (complaint.empty()) {
        target = value;
    }
    return complaint;
}

// --log-level and --log-format, for a Target with `logging`.
template <typename Target>
std::vector<Flag<Target>> loggingFlags() {
    using elector::runtime::LogFormat;
    return {
        {{.name = "log-level",
          .placeholder = "debug|info|warn|error",
          .environment = "LOG_LEVEL",
          .fallback = "info",
          .purpose = "The least level that is logged, to standard error."},
         [](Target& target, const std::string& value) {
             return elector::config::assignLogLevel(target.logging.level, value);
         }},
        {{.name = "log-format",
          .placeholder = "text|json",
          .environment = "LOG_FORMAT",
          .shown = "text on a terminal, else json",
          .purpose = "How log lines are written."},
         [](Target& target, const std::string& value) {
             return elector::config::assignChoice(
                 target.logging.format, value,
                 {{"text", LogFormat::Text}, {"json", LogFormat::Json}});
         }},
    };
}

// What container the sidecar is, for a Target with `defaults`.
template <typename Target>
std::vector<Flag<Target>> containerFlags() {
    using admission::Mode;
    return {
        {{.name = "image",
          .placeholder = "IMAGE",
          .shown = "leader-elector of this version",
          .purpose = "The sidecar's image, by tag or digest."},
         [](Target& target, const std::string& value) {
             target.defaults.image = value;
             return complaintAboutImage(value);
         }},
        {{.name = "image-pull-policy",
          .placeholder = "Always|IfNotPresent|Never",
          .shown = "the cluster's",
          .purpose = "When the sidecar's image is pulled."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.imagePullPolicy, value, complaintAboutPullPolicy);
         }},
        {{.name = "mode",
          .placeholder = "sidecar|container",
          .fallback = "sidecar",
          .purpose = "A native sidecar, which ends after the program, or a container beside it."},
         [](Target& target, const std::string& value) {
             return elector::config::assignChoice(
                 target.defaults.mode, value,
                 {{"sidecar", Mode::Sidecar}, {"container", Mode::Container}});
         }},
    };
}

// The sidecar's resources, for a Target with `defaults`. An empty value leaves one out.
template <typename Target>
std::vector<Flag<Target>> resourceFlags() {
    using admission::complaintAboutCpu;
    using admission::complaintAboutMemory;
    return {
        {{.name = "cpu-request",
          .placeholder = "QUANTITY",
          .fallback = "50m",
          .purpose = "The sidecar's request for CPU; empty for none, as with the next three."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.cpuRequest, value, complaintAboutCpu);
         }},
        {{.name = "cpu-limit",
          .placeholder = "QUANTITY",
          .fallback = "50m",
          .purpose = "Its limit. Requests equal to limits leave the Pod's quality of service."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.cpuLimit, value, complaintAboutCpu);
         }},
        {{.name = "memory-request",
          .placeholder = "QUANTITY",
          .fallback = "32Mi",
          .purpose = "The sidecar's request for memory."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.memoryRequest, value, complaintAboutMemory);
         }},
        {{.name = "memory-limit",
          .placeholder = "QUANTITY",
          .fallback = "32Mi",
          .purpose = "Its limit."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.memoryLimit, value, complaintAboutMemory);
         }},
    };
}

// What the sidecar is told, for a Target with `defaults`.
template <typename Target>
std::vector<Flag<Target>> sidecarElectionFlags() {
    return {
        {{.name = "lease-duration",
          .placeholder = "DURATION",
          .shown = "the elector's, 10s",
          .purpose = "How long the others wait after a leader's last renewal."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.leaseDuration, value, complaintAboutDuration);
         }},
        {{.name = "lease-renew-duration",
          .placeholder = "DURATION",
          .shown = "the elector's, 5s",
          .purpose = "How long a leader leads on without a renewal."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.leaseRenewDuration, value, complaintAboutDuration);
         }},
        {{.name = "retry-period",
          .placeholder = "DURATION",
          .shown = "the elector's: 2s, or 2/5 of the renew duration if that is less",
          .purpose = "How often a leader renews."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.retryPeriod, value, complaintAboutDuration);
         }},
        {{.name = "sidecar-log-level",
          .placeholder = "debug|info|warn|error",
          .shown = "the elector's, info",
          .purpose = "The least level that sidecars log."},
         [](Target& target, const std::string& value) {
             return assignText(target.defaults.logLevel, value, complaintAboutSidecarLevel);
         }},
    };
}

template <typename Target>
void append(std::vector<Flag<Target>>& flags, const std::vector<Flag<Target>>& more) {
    flags.insert(flags.end(), more.begin(), more.end());
}

// All that sets the sidecar's defaults.
template <typename Target>
std::vector<Flag<Target>> sidecarFlags() {
    std::vector<Flag<Target>> flags = containerFlags<Target>();
    append(flags, resourceFlags<Target>());
    append(flags, sidecarElectionFlags<Target>());
    return flags;
}

}  // namespace injector::config
