#include "elector/config/help.h"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "elector/config/client_flags.h"
#include "elector/config/help_section.h"
#include "elector/config/invocation.h"
#include "elector/config/run_flags.h"
#include "elector/config/settings.h"
#include "elector/version.h"

namespace elector::config {

namespace {

constexpr std::string_view kIntroduction =
    "leader-elector: one leader among several replicas, by a Kubernetes Lease.\n"
    "It campaigns beside a program and tells it over HTTP who leads.\n"
    "\n"
    "Usage:\n"
    "  leader-elector [run] --lease-name=NAME [flags]   campaign until stopped (the default)\n"
    "  leader-elector status [flags]                    ask a running elector who leads\n"
    "  leader-elector probe live|ready [flags]          ask a running elector how it is\n"
    "  leader-elector --help | --version\n"
    "\n"
    "Flags are written --flag=value or --flag value. They win over the environment, and that over\n"
    "defaults; an empty variable counts as not set. Durations are written 10s, 1m30s or 500ms.\n";

constexpr std::string_view kRequests =
    "\nOver HTTP it answers GET\n"
    "  /api/leader         who leads, as JSON: \"leader\", \"isLeader\", \"fencingToken\", "
    "\"validForMs\" and more\n"
    "  /healthz, /readyz   200, or 503 with the reason\n"
    "  /metrics            for Prometheus\n"
    "  /                   {\"name\":\"web-0\"}: the leader's name, for older programs\n";

constexpr std::string_view kExamples =
    "\nExamples:\n"
    "  leader-elector --lease-name=web                         in a Pod with POD_NAME and "
    "NAMESPACE "
    "set\n"
    "  leader-elector --lease-name=web -n shop --kubeconfig=$HOME/.kube/config\n"
    "  leader-elector --lease-name=web --store=file:/tmp/web   no cluster: processes of this "
    "machine\n"
    "  leader-elector status --output=json\n"
    "  curl -s localhost:4040/api/leader\n";

std::string describeOldNames() {
    std::string text = "\nOld names, of the retired leader-elector of kubernetes/contrib:\n";
    for (const FlagSpec& old : oldNames()) {
        text += fmt::format("  --{}={}   now --{}\n", old.name, old.placeholder, old.replacement);
    }
    return text;
}

std::string describeExitCodes() {
    return fmt::format(
        "\nExit codes:\n"
        "  {}  run: stopped as asked; status: this one leads; probe: yes\n"
        "  {}  run: failed; status: another one leads; probe: no, or no answer\n"
        "  {}  wrong flags, environment or surroundings; one sentence says which\n"
        "  {}  status: nobody leads\n"
        "  {}  status: no elector answers\n",
        kExitSuccess, kExitFailure, kExitUsage, kExitNobodyLeads, kExitNoAnswer);
}

}  // namespace

std::string helpText() {
    std::string text(kIntroduction);
    text += helpSection("Flags of run", specsOf(runFlags()));
    text += describeOldNames();
    text += helpSection("Flags of status", specsOf(statusFlags()));
    text += helpSection("Flags of probe", specsOf(probeFlags()));
    text += kRequests;
    text += kExamples;
    return text + describeExitCodes();
}

std::string versionText() {
    return fmt::format("leader-elector {}\n", kVersion);
}

}  // namespace elector::config
