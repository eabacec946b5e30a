#include "elector/config/help.h"

#include <fmt/format.h>

#include "elector/config/invocation.h"
#include "elector/config/options.h"
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

std::string headOf(const FlagSpec& spec) {
    const auto form = [&spec](std::string_view written, char separator) {
        return spec.isSwitch ? std::string(written)
                             : fmt::format("{}{}{}", written, separator, spec.placeholder);
    };
    std::string head = "  " + form(fmt::format("--{}", spec.name), '=');
    if (!spec.letter.empty()) {
        head += ", " + form(fmt::format("-{}", spec.letter), ' ');
    }
    return head;
}

std::string fallbackOf(const FlagSpec& spec) {
    if (spec.isLeftToElector) {
        return spec.fallback.empty() ? fmt::format("the elector's: {}", spec.shown)
                                     : fmt::format("the elector's, {}", spec.fallback);
    }
    return std::string(spec.fallback.empty() ? spec.shown : spec.fallback);
}

std::string describe(const FlagSpec& spec) {
    std::string facts;
    if (!spec.environment.empty()) {
        facts = fmt::format("environment {}", spec.environment);
    }
    const std::string fallback = fallbackOf(spec);
    if (!fallback.empty()) {
        const bool required = fallback == "required";
        facts +=
            fmt::format("{}{}{}", facts.empty() ? "" : "; ", required ? "" : "default ", fallback);
    }
    std::string text =
        fmt::format("{}{}\n", headOf(spec), facts.empty() ? "" : "   (" + facts + ")");
    text += "      ";
    for (const char c : spec.purpose) {
        text += c;
        text += c == '\n' ? "      " : "";
    }
    return text + "\n";
}

}  // namespace

std::string helpText() {
    std::string text(kIntroduction);
    text += helpSection("Flags of run", runFlags());
    text += describeOldNames();
    text += helpSection("Flags of status", statusFlags());
    text += helpSection("Flags of probe", probeFlags());
    text += kRequests;
    text += kExamples;
    return text + describeExitCodes();
}

std::string helpSection(std::string_view title, const std::vector<FlagSpec>& specs) {
    std::string text = fmt::format("\n{}:\n", title);
    for (const FlagSpec& spec : specs) {
        text += describe(spec);
    }
    return text;
}

std::string versionText() {
    return fmt::format("leader-elector {}\n", kVersion);
}

}  // namespace elector::config
