#include <chrono>

#include "injector/config/flag_tables.h"
#include "injector/config/shared_flags.h"

namespace injector::config {
namespace {

std::string assignShutdownDelay(WebhookConfig& config, const std::string& value) {
    std::string complaint = elector::config::assignDuration(config.shutdownDelay, value);
    if (!complaint.empty()) {
        return complaint;
    }
    const bool fits = config.shutdownDelay >= elector::election::Duration(0) &&
                      config.shutdownDelay <= std::chrono::minutes(10);
    return fits ? "" : "allowed is a duration from 0s to 10m";
}

std::vector<Flag<WebhookConfig>> servingFlags() {
    return {
        {{.name = "addr",
          .placeholder = "[HOST]:PORT",
          .fallback = ":8443",
          .purpose = "Where to answer reviews, over HTTPS."},
         [](WebhookConfig& config, const std::string& value) {
             return elector::config::assignAddress(config.address, value);
         }},
        {{.name = "health-addr",
          .placeholder = "[HOST]:PORT",
          .fallback = ":8081",
          .purpose = "Where to answer /healthz, /readyz and /metrics, over HTTP."},
         [](WebhookConfig& config, const std::string& value) {
             return elector::config::assignAddress(config.healthAddress, value);
         }},
        {{.name = "certificate",
          .placeholder = "FILE",
          .shown = "required",
          .purpose =
              "A PEM file with the certificate and its chain; may come later, and be replaced "
              "at\n"
              "any time."},
         [](WebhookConfig& config, const std::string& value) {
             config.certificate = value;
             return complaintAboutPath(value);
         }},
        {{.name = "key",
          .placeholder = "FILE",
          .shown = "the file of --certificate",
          .purpose = "A PEM file with the private key of the certificate, as --certificate."},
         [](WebhookConfig& config, const std::string& value) {
             config.key = value;
             return complaintAboutPath(value);
         }},
        {{.name = "shutdown-delay",
          .placeholder = "DURATION",
          .fallback = "10s",
          .purpose = "How long to serve on after SIGTERM, not ready, so that API servers have "
                     "left."},
         assignShutdownDelay},
        {{.name = "namespace",
          .placeholder = "NAME",
          .environment = "NAMESPACE",
          .shown = "required",
          .purpose = "The one that the injector runs in: its own Pods are never injected.",
          .letter = "n"},
         [](WebhookConfig& config, const std::string& value) {
             config.defaults.releaseNamespace = value;
             return elector::config::complaintAboutNamespace(value);
         }},
    };
}

}  // namespace

const std::vector<Flag<WebhookConfig>>& webhookFlags() {
    static const std::vector<Flag<WebhookConfig>> kFlags = [] {
        std::vector<Flag<WebhookConfig>> flags = servingFlags();
        append(flags, sidecarFlags<WebhookConfig>());
        append(flags, loggingFlags<WebhookConfig>());
        return flags;
    }();
    return kFlags;
}

}  // namespace injector::config
