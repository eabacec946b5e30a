#include "elector/config/flag.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <optional>

#include "elector/config/invocation.h"
#include "elector/config/options.h"
#include "elector/runtime/log.h"
#include "elector/version.h"

namespace elector::config {

// ------------------------------------------------------------------------------------------- flags

namespace {

// An argument that is a flag: "--name=value" taken apart.
struct Parts {
    std::string dashes;
    std::string name;
    std::optional<std::string> value;

    std::string written() const { return dashes + name; }
};

// Nothing for what is no flag: a lone dash is none, as in Go.
std::optional<Parts> partsOf(const std::string& argument) {
    if (argument.size() < 2 || argument.front() != '-') {
        return std::nullopt;
    }
    const std::size_t dashes = argument[1] == '-' ? 2 : 1;
    const std::size_t equals = std::min(argument.find('='), argument.size());
    Parts parts{argument.substr(0, dashes), argument.substr(dashes, equals - dashes), {}};
    if (equals < argument.size()) {
        parts.value = argument.substr(equals + 1);
    }
    return parts;
}

const FlagSpec* specFor(const Parts& parts, const std::vector<FlagSpec>& specs) {
    for (const FlagSpec& spec : specs) {
        const bool isLetter = parts.dashes.size() == 1 && parts.name == spec.letter;
        if (parts.name == spec.name || (isLetter && !spec.letter.empty())) {
            return &spec;
        }
    }
    return nullptr;
}

[[noreturn]] void refuseUnknown(const Parts& parts, const std::vector<FlagSpec>& specs) {
    std::vector<std::string_view> names{"help", "version"};
    for (const FlagSpec& spec : specs) {
        names.push_back(spec.name);
    }
    throw Refusal(fmt::format("unknown flag {}{}: --help lists those that there are",
                              runtime::quoted(parts.written()),
                              suggestion(parts.name, names, "--")));
}

// Sets help or version if `parts` asks for one of them.
bool takeQuestion(const Parts& parts, Scan& result) {
    const bool help = parts.name == "help" || (parts.name == "h" && parts.dashes.size() == 1);
    const bool version = parts.name == "version";
    if (!help && !version) {
        return false;
    }
    if (parts.value) {
        throw Refusal(fmt::format("{} \"{}\" is refused: it takes no value", parts.written(),
                                  runtime::quoted(*parts.value)));
    }
    result.help = result.help || help;
    result.version = result.version || version;
    return true;
}

// How many letters must be put in, taken out or exchanged to turn one into the other.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < a.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < b.size(); ++j) {
            const std::size_t exchanged = diagonal + (a[i] == b[j] ? 0 : 1);
            diagonal = row[j + 1];
            row[j + 1] = std::min({exchanged, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string suggestion(std::string_view written, const std::vector<std::string_view>& names,
                       std::string_view prefix) {
    // Longer than any name of ours by more than the allowance: no need to compare it.
    constexpr std::size_t kMaxCharacters = 40;
    if (written.empty() || written.size() > kMaxCharacters) {
        return "";
    }
    std::string_view nearest;
    std::size_t least = 1 + std::min<std::size_t>(2, written.size() / 3);
    for (const std::string_view name : names) {
        const std::size_t far = distance(written, name);
        if (far < least) {
            least = far;
            nearest = name;
        }
    }
    return nearest.empty() ? "" : fmt::format(" (did you mean {}{}?)", prefix, nearest);
}

Scan scan(const std::vector<std::string>& arguments, const std::vector<FlagSpec>& specs) {
    Scan result;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        if (arguments[i] == "--") {
            result.rest.insert(result.rest.end(),
                               arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                               arguments.end());
            break;
        }
        auto parts = partsOf(arguments[i]);
        if (!parts) {
            result.rest.push_back(arguments[i]);
            continue;
        }
        if (takeQuestion(*parts, result)) {
            continue;
        }
        const FlagSpec* spec = specFor(*parts, specs);
        if (spec == nullptr) {
            refuseUnknown(*parts, specs);
        }
        if (!parts->value && spec->isSwitch) {
            parts->value = "true";
        }
        if (!parts->value && i + 1 == arguments.size()) {
            throw Refusal(fmt::format("{} needs a value: write {}={}", parts->written(),
                                      parts->written(), spec->placeholder));
        }
        const std::string value = parts->value ? *parts->value : arguments[++i];
        result.flags[spec->name] = {parts->written(), value};
    }
    return result;
}

// -------------------------------------------------------------------------------------------- help

namespace {

constexpr std::string_view kIntroduction =
    "leader-elector: one leader among several replicas, by a Kubernetes Lease.\n"
    "It campaigns beside a program and tells it over HTTP who leads.\n"
    "\n"
    "Usage:\n"
    "  leader-elector [run] --lease-name=NAME [flags]   campaign until stopped (the default)\n"
    "  leader-elector status [flags]                    ask a running elector who leads\n"
    "  leader-elector probe live|ready [flags]          ask a running elector how it is\n"
    "  leader-elector exec [flags] -- PROGRAM ARGS      run a program only while leading\n"
    "  leader-elector copy-to DIR [--at=DIR]            put a copy there that runs in any image\n"
    "  leader-elector step-down [flags]                 ask the leader beside it to step down\n"
    "  leader-elector hand-over --lease=NAME --to=ID    ask the leader, by the Lease, to hand "
    "over\n"
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
    "  /, /sse             {\"name\":\"web-0\", ...}: the leader's name, for programs of other "
    "electors\n"
    "and POST, by the loopback\n"
    "  /api/step-down      the leader leaves the Lease to another\n";

constexpr std::string_view kExamples =
    "\nExamples:\n"
    "  leader-elector --lease-name=web                         in a Pod with POD_NAME and "
    "NAMESPACE "
    "set\n"
    "  leader-elector --lease-name=web -n shop --kubeconfig=$HOME/.kube/config\n"
    "  leader-elector --lease-name=web --store=file:/tmp/web   no cluster: processes of this "
    "machine\n"
    "  leader-elector exec --lease-name=web -- /bin/worker     run it only while leading\n"
    "  leader-elector status --output=json\n"
    "  curl -s localhost:4040/api/leader\n";

std::string describeOldNames() {
    std::string text = "\nOld names, of the electors of kubernetes/contrib and nais:\n";
    for (const FlagSpec& old : oldNames()) {
        text += fmt::format("  --{}={}   now --{}\n", old.name, old.placeholder, old.replacement);
    }
    return text;
}

std::string describeExitCodes() {
    return fmt::format(
        "\nExit codes:\n"
        "  {}  run: stopped as asked; status: this one leads; probe: yes; step-down, hand-over: "
        "done\n"
        "  {}  run: failed; status: another one leads; probe: no, or no answer; step-down: "
        "refused;\n"
        "      hand-over: failed, or another than --to leads\n"
        "  {}  wrong flags, environment or surroundings; one sentence says which\n"
        "  {}  status, hand-over: nobody leads\n"
        "  {}  status, step-down: no elector answers\n"
        "  {}, {}, {}, {}  exec: no term within --timeout; the term ended (--on-loss=exit); the "
        "program cannot\n"
        "      be run; it is not there. Else the program's, or 128 + the signal that ended it\n",
        kExitSuccess, kExitFailure, kExitUsage, kExitNobodyLeads, kExitNoAnswer, kExitTimeout,
        kExitLost, kExitCannotRun, kExitNotFound);
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
    text += helpSection("Flags of exec, besides those of run", execFlags());
    text += helpSection("Flags of copy-to", copyFlags());
    text += helpSection("Flags of step-down", stepDownFlags());
    text += helpSection("Flags of hand-over", handOverFlags());
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
