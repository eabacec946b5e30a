#include "injector/config/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/config/timing_sentence.h"
#include "elector/config/token_claim.h"
#include "elector/config/values.h"
#include "elector/election/timing.h"
#include "elector/runtime/duration.h"
#include "elector/runtime/log.h"
#include "elector/version.h"
#include "injector/admission/quantity.h"

namespace injector::config {
namespace {

using elector::config::Facts;
using elector::config::Refusal;
using elector::config::Setting;
using elector::config::Settings;
using elector::runtime::parseDuration;

void require(const std::string& value, std::string_view name, std::string_view what) {
    if (value.empty()) {
        throw Refusal(fmt::format("{} is missing: {}", name, what));
    }
}

void chooseLogFormat(Logging& logging, const Settings& settings, const Facts& facts) {
    if (settings.find("log-format") == nullptr) {
        logging.format = facts.logsToTerminal ? elector::runtime::LogFormat::Text
                                              : elector::runtime::LogFormat::Json;
    }
}

void chooseImage(std::string& image) {
    if (image.empty()) {
        image = fmt::format("leader-elector:{}", elector::kVersion);
    }
}

// The durations that a sidecar runs by where it is told `defaults`: what they leave out is the
// elector's own choice.
elector::election::Timing timingOf(const admission::Defaults& defaults) {
    elector::election::Timing timing;
    timing.leaseDuration = parseDuration(defaults.leaseDuration).value_or(timing.leaseDuration);
    timing.renewDeadline =
        parseDuration(defaults.leaseRenewDuration).value_or(timing.renewDeadline);
    timing.retryPeriod = parseDuration(defaults.retryPeriod)
                             .value_or(elector::election::defaultRetryPeriod(timing.renewDeadline));
    return timing;
}

void judgeTiming(const admission::Defaults& defaults, const Settings& settings) {
    const elector::election::Timing timing = timingOf(defaults);
    const elector::election::TimingReview review = elector::election::review(timing);
    if (!review.refusals.empty()) {
        throw Refusal(elector::config::sentenceOf(review.refusals.front(), timing, settings));
    }
}

void judgeResource(const std::string& request, const std::string& limit, const char* name,
                   const Settings& settings) {
    const auto least = admission::parseQuantity(request);
    const auto most = admission::parseQuantity(limit);
    if (least && most && *least > *most) {
        throw Refusal(fmt::format("{} is refused beside {}: a request is at most its limit",
                                  settings.find(fmt::format("{}-request", name))->subject,
                                  settings.find(fmt::format("{}-limit", name))->subject));
    }
}

void complete(admission::Defaults& defaults, const Settings& settings) {
    chooseImage(defaults.image);
    judgeTiming(defaults, settings);
    judgeResource(defaults.cpuRequest, defaults.cpuLimit, "cpu", settings);
    judgeResource(defaults.memoryRequest, defaults.memoryLimit, "memory", settings);
}

void judgeCertificates(const OperatorConfig& config, const Settings& settings) {
    if (config.certificates == CertificateSource::Own) {
        constexpr std::string_view kWhy =
            "--certificates=own needs it; with --certificates=given somebody else makes the "
            "certificate";
        require(config.certificateSecret, "--certificate-secret", kWhy);
        require(config.authoritySecret, "--authority-secret", kWhy);
        require(config.service, "--service", kWhy);
        require(config.webhookConfiguration, "--webhook-configuration", kWhy);
        return;
    }
    for (const std::string_view name :
         {"certificate-secret", "authority-secret", "webhook-configuration"}) {
        if (const Setting* setting = settings.find(name)) {
            throw Refusal(fmt::format(
                "{} is refused beside {}: it is not touched then; allowed is one of the two",
                setting->subject, settings.find("certificates")->subject));
        }
    }
}

}  // namespace

void complete(WebhookConfig& config, const Settings& settings, const Facts& facts) {
    require(config.certificate, "--certificate", "name the PEM file with the certificate");
    if (config.key.empty()) {
        config.key = config.certificate;
    }
    require(config.defaults.releaseNamespace, "--namespace (or NAMESPACE)",
            "name the namespace that the injector runs in");
    complete(config.defaults, settings);
    chooseLogFormat(config.logging, settings, facts);
}

void complete(OperatorConfig& config, const Settings& settings, const Facts& facts) {
    require(config.leaseName, "--lease-name",
            "name the Lease that the operator's replicas campaign for");
    require(config.space, "--namespace (or NAMESPACE)",
            "name the namespace that the injector runs in");
    judgeCertificates(config, settings);
    if (config.id.empty()) {
        config.id = facts.hostName + "_" + facts.random;
        if (const std::string complaint = elector::config::complaintAboutId(config.id);
            !complaint.empty()) {
            throw Refusal(fmt::format("--id \"{}\" (the default) is refused: {}",
                                      elector::runtime::quoted(config.id), complaint));
        }
    }
    if (config.podUid.empty()) {
        config.podUid = elector::config::podUidOf(facts.serviceAccountToken.value_or(""));
    }
    chooseLogFormat(config.logging, settings, facts);
}

void complete(InjectRequest& request, const Settings& settings) {
    require(request.file, "--filename (or -f)",
            "name the file with the manifests, or - for standard input");
    complete(request.defaults, settings);
}

void complete(CheckRequest& request, const Settings& settings,
              const elector::config::Environment& environment) {
    if (request.all && settings.find("namespace") != nullptr) {
        throw Refusal(fmt::format("{} is refused beside {}: allowed is one of the two",
                                  settings.find("namespace")->subject,
                                  settings.find("all-namespaces")->subject));
    }
    const auto valueOf = [&environment](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() ? "" : found->second;
    };
    const std::string home = valueOf("HOME");
    if (request.kubeconfig.empty() && valueOf("KUBERNETES_SERVICE_HOST").empty() && !home.empty()) {
        request.kubeconfig = home + "/.kube/config";
    }
}

}  // namespace injector::config
