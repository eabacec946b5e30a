#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/runtime/log.h"
#include "injector/admission/options.h"

// What the program leader-elector-injector was started to do: flags win over the environment, the
// environment over defaults.
namespace injector::config {

// How a long-running command logs.
struct Logging {
    elector::runtime::LogLevel level = elector::runtime::LogLevel::Info;
    elector::runtime::LogFormat format = elector::runtime::LogFormat::Json;
};

// `webhook`: answers admission reviews over HTTPS. Needs no API, and has no token.
struct WebhookConfig {
    elector::config::Address address;        // --addr, of the reviews
    elector::config::Address healthAddress;  // --health-addr: /healthz /readyz /metrics, plain
    std::string certificate;                 // --certificate: a PEM file with the chain
    std::string key;                         // --key: a PEM file, --certificate's by default
    // --shutdown-delay: how long it serves on after SIGTERM, not ready, so that no new call comes.
    elector::election::Duration shutdownDelay{};
    admission::Defaults defaults;
    Logging logging;
};

enum class CertificateSource {
    Own,    // --certificates=own: minted, renewed and published by the operator
    Given,  // --certificates=given: somebody else fills the Secret, and the caBundle
};

// `operator`: RBAC, annotations, certificates, Events; the elected replica works, the others wait.
struct OperatorConfig {
    std::string id;                          // --id, POD_NAME: this replica's name
    std::string space;                       // --namespace, NAMESPACE: that of the release
    std::string podUid;                      // --pod-uid, POD_UID
    std::string leaseName;                   // --lease-name: the operator's own Lease
    std::string kubeconfig;                  // --kubeconfig; "": in-cluster
    elector::config::Address healthAddress;  // --health-addr: /healthz /readyz /metrics, plain
    std::optional<elector::config::Address> dashboard;  // --dashboard-addr; nothing: not served
    std::vector<std::string> dashboardHosts;            // --dashboard-hosts
    CertificateSource certificates = CertificateSource::Own;
    std::string certificateSecret;  // --certificate-secret: tls.crt and tls.key (Own)
    std::string authoritySecret;    // --authority-secret: the CA, ours alone (Own)
    std::string service;            // --service: the webhook's, whose DNS names the leaf has (Own)
    std::string webhookConfiguration;  // --webhook-configuration: whose caBundle is ours (Own)
    bool copiesAnnotations = true;     // --copy-annotations
    bool managesRbac = true;           // --manage-rbac
    Logging logging;
};

// `inject -f FILE`: prints the manifests with their sidecars, by the webhook's own code.
struct InjectRequest {
    std::string file;   // --filename, -f; "-": standard input
    std::string space;  // --namespace, -n: of objects that name none
    admission::Defaults defaults;
};

// `check -n NS KIND/NAME`, `check [-n NS|-A]`: whether, by which rule, and if not why.
struct CheckRequest {
    std::string kubeconfig;
    std::string space;     // --namespace, -n; the kubeconfig's where none is given
    bool all = false;      // --all-namespaces, -A
    std::string workload;  // "deployment/web"; "": all injected Pods of the namespace
    elector::config::Output output = elector::config::Output::Human;  // --output, -o
};

enum class LeaderAction { List, Describe, History, Watch, HandOver, StepDown };
enum class LeaderOutput { Table, Wide, Json, Yaml, Name };

// `leader list|describe NAME|history NAME|watch [NAME]`: shows elections. `leader hand-over NAME`
// and `leader step-down NAME` ask a leader to leave. Also kubectl's plugin.
struct LeaderRequest {
    LeaderAction action = LeaderAction::List;
    std::string lease;       // that it is about; "": all of the namespace
    std::string kubeconfig;  // as CheckRequest has these three
    std::string space;
    bool all = false;
    std::string context;                        // --context; "": the current one
    LeaderOutput output = LeaderOutput::Table;  // --output, -o
    // As elector::config::HandOverRequest has them.
    std::string to;
    elector::election::Duration timeout{};
    bool waits = false;
};

struct HelpRequest {};
struct VersionRequest {};

using Invocation = std::variant<WebhookConfig, OperatorConfig, InjectRequest, CheckRequest,
                                LeaderRequest, HelpRequest, VersionRequest>;

// Decides by its arguments alone. Throws elector::config::Refusal: one sentence that names flag,
// value and what is allowed; the program ends with kExitUsage then. A variable that is empty counts
// as not set.
Invocation parseInvocation(const std::vector<std::string>& arguments,
                           const elector::config::Environment& environment,
                           const elector::config::Facts& facts);

// What --help prints, made of the tables that parsing uses.
std::string helpText();
std::string versionText();

}  // namespace injector::config
