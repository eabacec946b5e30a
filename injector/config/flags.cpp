#include "injector/config/flags.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

#include "elector/config/flag.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/version.h"
#include "injector/admission/options.h"
#include "injector/config/invocation.h"

namespace injector::config {

namespace {

using admission::Option;
using elector::config::FlagSpec;

std::string complaintAboutObject(const std::string& name) {
    return elector::config::isDnsSubdomain(name)
               ? ""
               : "an object's name is a DNS subdomain: lower-case letters, digits, dashes and "
                 "points, beginning and ending with a letter or digit, at most 253 characters";
}

std::string complaintAboutService(const std::string& name) {
    return elector::config::isDnsLabel(name)
               ? ""
               : "a Service's name is a DNS label: lower-case letters, digits and dashes, "
                 "beginning "
                 "and ending with a letter or digit, at most 63 characters";
}

std::string complaintAboutPath(const std::string& path) {
    return path.empty() ? "name a file" : "";
}

std::string complaintAboutDelay(const std::string& value) {
    return elector::config::complaintAboutDuration(value, "0s", "10m");
}

// One of the elector's flags, for a process of the injector.
FlagSpec ownFlag(std::string_view name) {
    return elector::config::optionOf(name).flag;
}

FlagSpec ownFlag(std::string_view name, std::string_view shown, std::string_view purpose) {
    FlagSpec flag = ownFlag(name);
    flag.shown = shown;
    flag.purpose = purpose;
    return flag;
}

FlagSpec healthFlag(std::string_view fallback) {
    return {.name = "health-addr",
            .placeholder = "[HOST]:PORT",
            .fallback = fallback,
            .purpose = "Where to answer /healthz, /readyz and /metrics, over HTTP.",
            .complain = elector::config::complaintAboutAddress};
}

void addLogging(std::vector<FlagSpec>& flags) {
    flags.push_back(ownFlag("log-level"));
    flags.push_back(ownFlag("log-format"));
}

// All that sets the sidecars' defaults.
void addSidecar(std::vector<FlagSpec>& flags) {
    for (const Option& option : admission::sidecarOptions()) {
        if (option.releaseFlag.empty()) {
            continue;
        }
        FlagSpec flag = option.flag;
        flag.name = option.releaseFlag;
        flag.environment = "";
        flag.purpose = option.releasePurpose;
        flag.mayBeEmpty = option.isElectors || option.isOmissible;
        flag.isLeftToElector = option.isElectors;
        flags.push_back(flag);
    }
}

std::vector<FlagSpec> makeWebhookFlags() {
    std::vector<FlagSpec> flags{
        {.name = "addr",
         .placeholder = "[HOST]:PORT",
         .fallback = ":8443",
         .purpose = "Where to answer reviews, over HTTPS.",
         .complain = elector::config::complaintAboutAddress},
        healthFlag(":8081"),
        {.name = "certificate",
         .placeholder = "FILE",
         .shown = "required",
         .purpose =
             "A PEM file with the certificate and its chain; may come later, and be replaced\n"
             "at any time.",
         .complain = complaintAboutPath},
        {.name = "key",
         .placeholder = "FILE",
         .shown = "the file of --certificate",
         .purpose = "A PEM file with the private key of the certificate, as --certificate.",
         .complain = complaintAboutPath},
        {.name = "shutdown-delay",
         .placeholder = "DURATION",
         .fallback = "10s",
         .purpose = "How long to serve on after SIGTERM, not ready, so that API servers have "
                    "left.",
         .complain = complaintAboutDelay},
        ownFlag("namespace", "required",
                "The one that the injector runs in: its own Pods are never injected."),
    };
    addSidecar(flags);
    addLogging(flags);
    return flags;
}

std::vector<FlagSpec> makeOperatorFlags() {
    FlagSpec leaseName =
        ownFlag("lease-name", "required",
                "The operator's own Lease: whoever holds it works, the others wait.");
    leaseName.environment = "";
    std::vector<FlagSpec> flags{
        leaseName,
        ownFlag("namespace", "required",
                "The injector's own: of the Lease, the Secrets and the Service."),
        ownFlag("id", "host name + random", "What this replica is called: different for each."),
        ownFlag("pod-uid"),
        ownFlag("kubeconfig"),
        healthFlag(":8082"),
        {.name = "dashboard-addr",
         .placeholder = "[HOST]:PORT",
         .shown = "not served",
         .purpose = "Where to serve the dashboard, over HTTP and to anybody who reaches it: best\n"
                    "localhost, for kubectl port-forward.",
         .complain = elector::config::complaintAboutAddress},
        {.name = "dashboard-hosts",
         .placeholder = "NAME,...",
         .shown = "none",
         .purpose =
             "Host names that the dashboard may be asked by, besides localhost and IPs: that\n"
             "of an Ingress.",
         .complain = elector::config::complaintAboutHosts},
        {.name = "certificates",
         .placeholder = "own|given",
         .fallback = "own",
         .purpose = "Whether the webhook's certificate is made, renewed and published here, or by\n"
                    "somebody else (cert-manager, you)."},
        {.name = "certificate-secret",
         .placeholder = "NAME",
         .shown = "required with --certificates=own",
         .purpose = "The Secret that holds the certificate and its key (tls.crt, tls.key).",
         .complain = complaintAboutObject},
        {.name = "authority-secret",
         .placeholder = "NAME",
         .shown = "required with --certificates=own",
         .purpose = "The Secret that holds the certificate authority.",
         .complain = complaintAboutObject},
        {.name = "service",
         .placeholder = "NAME",
         .shown = "required with --certificates=own",
         .purpose = "The webhook's Service, whose names the certificate has.",
         .complain = complaintAboutService},
        {.name = "webhook-configuration",
         .placeholder = "NAME",
         .shown = "required with --certificates=own",
         .purpose = "The MutatingWebhookConfiguration whose caBundle is set.",
         .complain = complaintAboutObject},
        {.name = "copy-annotations",
         .placeholder = "true|false",
         .fallback = "true",
         .purpose = "Copy a workload's annotations to its Pod template.",
         .isSwitch = true},
        {.name = "manage-rbac",
         .placeholder = "true|false",
         .fallback = "true",
         .purpose = "Give each injected Pod the right to its Lease.",
         .isSwitch = true},
    };
    addLogging(flags);
    return flags;
}

std::vector<FlagSpec> makeInjectFlags() {
    std::vector<FlagSpec> flags{
        {.name = "filename",
         .placeholder = "FILE",
         .shown = "required",
         .purpose = "The manifests, YAML or JSON; - for standard input.",
         .letter = "f",
         .complain = complaintAboutPath},
        {.name = "namespace",
         .placeholder = "NAME",
         .fallback = "default",
         .purpose = "The namespace of objects that name none.",
         .letter = "n",
         .complain = elector::config::complaintAboutNamespace},
    };
    addSidecar(flags);
    return flags;
}

}  // namespace

const std::vector<FlagSpec>& webhookFlags() {
    static const std::vector<FlagSpec> kFlags = makeWebhookFlags();
    return kFlags;
}

const std::vector<FlagSpec>& operatorFlags() {
    static const std::vector<FlagSpec> kFlags = makeOperatorFlags();
    return kFlags;
}

const std::vector<FlagSpec>& injectFlags() {
    static const std::vector<FlagSpec> kFlags = makeInjectFlags();
    return kFlags;
}

namespace {

// Of the commands for people: `outputs` are the values of --output, of which the first is usual.
std::vector<FlagSpec> lookingFlags(std::string_view outputs) {
    return {
        {.name = "namespace",
         .placeholder = "NAME",
         .shown = "the kubeconfig's",
         .purpose = "Where to look.",
         .letter = "n",
         .complain = elector::config::complaintAboutNamespace},
        {.name = "all-namespaces",
         .placeholder = "true|false",
         .purpose = "Look in all namespaces.",
         .letter = "A",
         .isSwitch = true},
        {.name = "output",
         .placeholder = outputs,
         .fallback = outputs.substr(0, outputs.find('|')),
         .purpose = "How to print the answer.",
         .letter = "o"},
        ownFlag("kubeconfig", "in-cluster; outside of one $HOME/.kube/config",
                "How to reach the cluster."),
    };
}

}  // namespace

const std::vector<FlagSpec>& checkFlags() {
    static const std::vector<FlagSpec> kFlags = lookingFlags("human|json");
    return kFlags;
}

const std::vector<FlagSpec>& leaderFlags() {
    static const std::vector<FlagSpec> kFlags = [] {
        auto flags = lookingFlags("table|wide|json|yaml|name");
        flags.push_back({.name = "context",
                         .placeholder = "NAME",
                         .shown = "the current one",
                         .purpose = "Which context of the kubeconfig counts."});
        for (FlagSpec flag : elector::config::handOverFlags()) {
            if (flag.name == "to") {
                flag.shown = "required by hand-over; of step-down another that campaigns";
            }
            if (flag.name == "to" || flag.name == "wait" || flag.name == "timeout") {
                flags.push_back(flag);
            }
        }
        return flags;
    }();
    return kFlags;
}

// ------------------------------------------------------------------------------------------ help

namespace {

constexpr std::string_view kIntroduction =
    "leader-elector-injector: gives Pods a leader-elector sidecar, and the right to their Lease.\n"
    "A Pod, or its workload, asks for one by the annotation leader-elector.io/inject: \"true\".\n"
    "\n"
    "Usage:\n"
    "  leader-elector-injector webhook [flags]            answer the API server's reviews of Pods\n"
    "  leader-elector-injector operator [flags]           manage rights, certificates, "
    "annotations\n"
    "  leader-elector-injector inject -f FILE [flags]     print manifests with their sidecars\n"
    "  leader-elector-injector check [KIND/NAME] [flags]  say whether Pods are injected, and why\n"
    "  leader-elector-injector leader [list] [flags]      show elections: who leads, since when\n"
    "  leader-elector-injector leader describe|history|watch LEASE [flags]\n"
    "  leader-elector-injector leader hand-over|step-down LEASE [flags]\n"
    "                                                     ask a leader to leave the Lease to "
    "another\n"
    "  leader-elector-injector --help | --version\n"
    "\n"
    "The first two run in the cluster, side by side in one Pod; the others are for people.\n"
    "Flags are written --flag=value or --flag value. They win over the environment, and that over\n"
    "defaults; an empty variable counts as not set. Durations are written 10s, 1m30s or 500ms.\n";

constexpr std::string_view kRequests =
    "\nOver HTTPS the webhook answers\n"
    "  POST /inject        an AdmissionReview (admission.k8s.io/v1) of a Pod\n"
    "Over HTTP, on ports of their own, webhook and operator answer GET\n"
    "  /healthz, /readyz   200, or 503 with the reason\n"
    "  /metrics            for Prometheus\n";

constexpr std::string_view kExamples =
    "\nExamples:\n"
    "  leader-elector-injector inject -f deployment.yaml | kubectl apply -f -\n"
    "  kubectl get deployment web -o yaml | leader-elector-injector inject -f -\n"
    "  leader-elector-injector check -n shop deployment/web\n"
    "  leader-elector-injector check -A\n"
    "  leader-elector-injector leader describe web -n shop\n"
    "  leader-elector-injector leader hand-over web --to=web-2 --wait -n shop\n";

}  // namespace

std::string helpText() {
    using elector::config::helpSection;
    std::string text(kIntroduction);
    text += helpSection("Flags of webhook", webhookFlags());
    text += helpSection("Flags of operator", operatorFlags());
    text += helpSection("Flags of inject", injectFlags());
    text += helpSection("Flags of check", checkFlags());
    text += helpSection("Flags of leader", leaderFlags());
    text += kRequests;
    text += kExamples;
    return text + fmt::format(
                      "\nExit codes:\n"
                      "  {}  stopped as asked; inject: printed; check: all is well\n"
                      "  {}  failed; inject: refused; check: something is not well; leader: no "
                      "such election, or\n"
                      "     its leader cannot be asked, or with --wait has not left in time\n"
                      "  {}  wrong flags, environment or surroundings; one sentence says which\n"
                      "  {}  leader hand-over, step-down: nobody leads\n"
                      "  {}  check, leader: the API server did not answer, or not what was asked\n",
                      elector::config::kExitSuccess, elector::config::kExitFailure,
                      elector::config::kExitUsage, elector::config::kExitNobodyLeads,
                      elector::config::kExitNoAnswer);
}

std::string versionText() {
    return fmt::format("leader-elector-injector {}\n", elector::kVersion);
}

}  // namespace injector::config
