#include <fmt/format.h>

#include <string_view>

#include "elector/config/help.h"
#include "elector/version.h"
#include "injector/config/flags.h"
#include "injector/config/invocation.h"

namespace injector::config {
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
    "  leader-elector-injector --help | --version\n"
    "\n"
    "The first two run in the cluster, side by side in one Pod; the other two are for people.\n"
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
    "  leader-elector-injector check -A\n";

}  // namespace

std::string helpText() {
    using elector::config::helpSection;
    std::string text(kIntroduction);
    text += helpSection("Flags of webhook", webhookFlags());
    text += helpSection("Flags of operator", operatorFlags());
    text += helpSection("Flags of inject", injectFlags());
    text += helpSection("Flags of check", checkFlags());
    text += kRequests;
    text += kExamples;
    return text + fmt::format(
                      "\nExit codes:\n"
                      "  {}  stopped as asked; inject: printed; check: all is well\n"
                      "  {}  failed; inject: refused; check: something is not well\n"
                      "  {}  wrong flags, environment or surroundings; one sentence says which\n"
                      "  {}  check: the API server did not answer, or not what was asked\n",
                      elector::config::kExitSuccess, elector::config::kExitFailure,
                      elector::config::kExitUsage, elector::config::kExitNoAnswer);
}

std::string versionText() {
    return fmt::format("leader-elector-injector {}\n", elector::kVersion);
}

}  // namespace injector::config
