#include "elector/config/dns_name.h"
#include "elector/config/token_claim.h"
#include "injector/config/flag_tables.h"
#include "injector/config/shared_flags.h"

namespace injector::config {
namespace {

using elector::config::assignAddress;
using elector::config::assignChoice;

std::string complaintAboutService(const std::string& name) {
    return elector::config::isDnsLabel(name)
               ? ""
               : "a Service's name is a DNS label: lower-case letters, digits and dashes, "
                 "beginning "
                 "and ending with a letter or digit, at most 63 characters";
}

std::string assignPodUid(OperatorConfig& config, const std::string& value) {
    config.podUid = value;
    return elector::config::isPodUid(value)
               ? ""
               : "a Pod's UID has letters, digits and dashes, at most 64";
}

std::vector<Flag<OperatorConfig>> identityFlags() {
    return {
        {{.name = "lease-name",
          .placeholder = "NAME",
          .shown = "required",
          .purpose = "The operator's own Lease: whoever holds it works, the others wait."},
         [](OperatorConfig& config, const std::string& value) {
             config.leaseName = value;
             return elector::config::complaintAboutLeaseName(value);
         }},
        {{.name = "namespace",
          .placeholder = "NAME",
          .environment = "NAMESPACE",
          .shown = "required",
          .purpose = "The injector's own: of the Lease, the Secrets and the Service.",
          .letter = "n"},
         [](OperatorConfig& config, const std::string& value) {
             config.space = value;
             return elector::config::complaintAboutNamespace(value);
         }},
        {{.name = "id",
          .placeholder = "TEXT",
          .environment = "POD_NAME",
          .shown = "host name + random",
          .purpose = "What this replica is called: different for each."},
         [](OperatorConfig& config, const std::string& value) {
             config.id = value;
             return elector::config::complaintAboutId(value);
         }},
        {{.name = "pod-uid",
          .placeholder = "UID",
          .environment = "POD_UID",
          .shown = "the one in the service account's token, else none",
          .purpose = "Tells a restarted container from another Pod of the same name."},
         assignPodUid},
        {{.name = "kubeconfig",
          .placeholder = "FILE",
          .environment = "KUBECONFIG",
          .shown = "in-cluster",
          .purpose = "How to reach the cluster from outside of it."},
         [](OperatorConfig& config, const std::string& value) {
             config.kubeconfig = value;
             return std::string();
         }},
        {{.name = "health-addr",
          .placeholder = "[HOST]:PORT",
          .fallback = ":8082",
          .purpose = "Where to answer /healthz, /readyz and /metrics, over HTTP."},
         [](OperatorConfig& config, const std::string& value) {
             return assignAddress(config.healthAddress, value);
         }},
    };
}

std::vector<Flag<OperatorConfig>> certificateFlags() {
    return {
        {{.name = "certificates",
          .placeholder = "own|given",
          .fallback = "own",
          .purpose =
              "Whether the webhook's certificate is made, renewed and published here, or by\n"
              "somebody else (cert-manager, you)."},
         [](OperatorConfig& config, const std::string& value) {
             return assignChoice(
                 config.certificates, value,
                 {{"own", CertificateSource::Own}, {"given", CertificateSource::Given}});
         }},
        {{.name = "certificate-secret",
          .placeholder = "NAME",
          .shown = "required with --certificates=own",
          .purpose = "The Secret that holds the certificate and its key (tls.crt, tls.key)."},
         [](OperatorConfig& config, const std::string& value) {
             config.certificateSecret = value;
             return complaintAboutObject(value);
         }},
        {{.name = "authority-secret",
          .placeholder = "NAME",
          .shown = "required with --certificates=own",
          .purpose = "The Secret that holds the certificate authority."},
         [](OperatorConfig& config, const std::string& value) {
             config.authoritySecret = value;
             return complaintAboutObject(value);
         }},
        {{.name = "service",
          .placeholder = "NAME",
          .shown = "required with --certificates=own",
          .purpose = "The webhook's Service, whose names the certificate has."},
         [](OperatorConfig& config, const std::string& value) {
             config.service = value;
             return complaintAboutService(value);
         }},
        {{.name = "webhook-configuration",
          .placeholder = "NAME",
          .shown = "required with --certificates=own",
          .purpose = "The MutatingWebhookConfiguration whose caBundle is set."},
         [](OperatorConfig& config, const std::string& value) {
             config.webhookConfiguration = value;
             return complaintAboutObject(value);
         }},
    };
}

std::vector<Flag<OperatorConfig>> workFlags() {
    return {
        {{.name = "copy-annotations",
          .placeholder = "true|false",
          .fallback = "true",
          .purpose = "Copy a workload's annotations to its Pod template.",
          .isSwitch = true},
         [](OperatorConfig& config, const std::string& value) {
             return assignChoice(config.copiesAnnotations, value,
                                 {{"true", true}, {"false", false}});
         }},
        {{.name = "manage-rbac",
          .placeholder = "true|false",
          .fallback = "true",
          .purpose = "Give each injected Pod the right to its Lease.",
          .isSwitch = true},
         [](OperatorConfig& config, const std::string& value) {
             return assignChoice(config.managesRbac, value, {{"true", true}, {"false", false}});
         }},
    };
}

}  // namespace

const std::vector<Flag<OperatorConfig>>& operatorFlags() {
    static const std::vector<Flag<OperatorConfig>> kFlags = [] {
        std::vector<Flag<OperatorConfig>> flags = identityFlags();
        append(flags, certificateFlags());
        append(flags, workFlags());
        append(flags, loggingFlags<OperatorConfig>());
        return flags;
    }();
    return kFlags;
}

}  // namespace injector::config
