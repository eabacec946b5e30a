#include "elector/config/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "elector/config/flag.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/names.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::config {

namespace {

using Arguments = std::vector<std::string>;

const std::vector<std::string_view> kCommands{"run",     "status",    "probe",    "exec",
                                              "copy-to", "step-down", "hand-over"};

bool isCommand(std::string_view text) {
    return std::ranges::find(kCommands, text) != kCommands.end();
}

std::string takeCommand(Arguments& arguments) {
    if (arguments.empty() || arguments.front().starts_with('-')) {
        return "run";
    }
    std::string command = std::move(arguments.front());
    arguments.erase(arguments.begin());
    if (!isCommand(command)) {
        throw Refusal(fmt::format("unknown command \"{}\"{}: allowed are {}",
                                  runtime::quoted(command), suggestion(command, kCommands, ""),
                                  fmt::join(kCommands, ", ")));
    }
    return command;
}

[[noreturn]] void refuseArgument(const std::string& argument) {
    const std::string remedy =
        isCommand(argument)
            ? fmt::format("a command stands first, as in leader-elector {}", argument)
            : "values follow their flags, as in --lease-name=web; --help lists what is allowed";
    throw Refusal(fmt::format("unexpected argument \"{}\": {}", runtime::quoted(argument), remedy));
}

void refuseBoth(const Scan& scan, const FlagSpec& old) {
    const auto current = scan.flags.find(old.replacement);
    if (current != scan.flags.end()) {
        throw Refusal(fmt::format("{} and {} say the same and cannot both be given: keep {} alone",
                                  scan.flags.at(old.name).written, current->second.written,
                                  current->second.written));
    }
}

// Files what was given by an old name under the name that replaces it.
void adoptOldNames(Scan& scan, std::vector<std::string>& warnings) {
    for (const FlagSpec& old : oldNames()) {
        const auto given = scan.flags.find(old.name);
        if (given == scan.flags.end()) {
            continue;
        }
        refuseBoth(scan, old);
        warnings.push_back(
            fmt::format("{} is an old name: write --{}", given->second.written, old.replacement));
        scan.flags[old.replacement] = given->second;
        scan.flags[old.replacement].isOld = true;
    }
}

void refuseWrongCombinations(const Scan& scan, const Settings& settings) {
    for (const FlagSpec& flag : runFlags()) {
        if (!flag.replacement.empty() && scan.flags.contains(flag.name)) {
            refuseBoth(scan, flag);
        }
    }
    if (folderIn(settings.text("store")) && settings.isFlag("kubeconfig") &&
        !settings.text("kubeconfig").empty()) {
        throw Refusal(
            fmt::format("{} is refused beside {}: a folder needs no cluster; allowed is "
                        "one of the two",
                        settings.find("kubeconfig")->subject, settings.find("store")->subject));
    }
}

// What --ttl says, as a flag and so above the environment: it stands for all three durations, but
// for those that have a flag of their own.
void adoptTtl(OptionValues& given, const Settings& settings, std::vector<std::string>& warnings) {
    std::string instead;
    for (const auto& [name, part] :
         {std::pair("lease-duration", 1), {"lease-renew-duration", 2}, {"retry-period", 4}}) {
        if (!settings.isFlag(name)) {
            given[name] = runtime::formatDuration(settings.duration("ttl") / part);
        }
        instead += fmt::format(" --{}={}", name, given[name]);
    }
    warnings.push_back("--ttl is an old name: write" + instead);
}

std::string sentenceOf(const OptionFinding& finding, const Settings& settings) {
    if (settings.find("ttl") != nullptr && !settings.isFlag(finding.option)) {
        return fmt::format("{}, which means --{} {}, {}", settings.find("ttl")->subject,
                           finding.option, finding.value, finding.reason);
    }
    return settings.subjectOf(finding.option, finding.value) + " " + finding.reason;
}

election::Timing timingIn(const Settings& settings, bool runsProgram,
                          std::vector<std::string>& warnings) {
    OptionValues given = settings.values();
    if (settings.find("ttl") != nullptr) {
        adoptTtl(given, settings, warnings);
    }
    const TimingJudgement judgement = judgeTiming(given, runsProgram);
    if (!judgement.refusals.empty()) {
        throw Refusal(sentenceOf(judgement.refusals.front(), settings));
    }
    for (const OptionFinding& warning : judgement.warnings) {
        warnings.push_back(sentenceOf(warning, settings));
    }
    return judgement.timing;
}

std::optional<HealthCheck> healthIn(const Settings& settings) {
    const HealthJudgement judgement = judgeHealth(settings.values());
    if (const auto& refusal = judgement.refusal) {
        throw Refusal(settings.subjectOf(refusal->option, refusal->value) + " " + refusal->reason);
    }
    return judgement.check;
}

std::optional<kubernetes::Endpoint> onChangeIn(const Settings& settings, bool runsProgram) {
    const Setting* const setting = settings.find("on-change-url");
    if (setting == nullptr || setting->value.empty()) {
        return std::nullopt;
    }
    if (runsProgram) {
        throw Refusal(setting->subject +
                      " is refused for exec: that it has stopped would be taken for the end of the "
                      "program that runs");
    }
    kubernetes::Endpoint target = kubernetes::parseTarget(setting->value);
    if (!kubernetes::isLoopback(target.host) && settings.text("on-change-remote") != "true") {
        throw Refusal(setting->subject +
                      " is refused: only this machine is told, unless --on-change-remote=true");
    }
    return target;
}

std::string trimmed(const std::string& text) {
    constexpr const char* kBlanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlanks);
    return first == std::string::npos
               ? ""
               : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string namespaceFrom(const Facts& facts) {
    std::string found = trimmed(facts.serviceAccountNamespace.value_or(""));
    if (found.empty()) {
        return "default";
    }
    if (const std::string complaint = complaintAboutNamespace(found); !complaint.empty()) {
        throw Refusal(fmt::format(
            "the service account's namespace file holds \"{}\", which is refused for --namespace: "
            "{}",
            runtime::quoted(found), complaint));
    }
    return found;
}

// The kubelet sets the variable, to nothing where the Pod has no such annotation: so do copies that
// `kubectl debug` makes of a Pod. They have its ServiceAccount and its arguments, and no program
// that may lead.
void takePod(const Settings& settings, const Environment& environment, Config& config) {
    const FlagSpec& spec = optionOf("pod-lease").flag;
    const std::string named = settings.text(spec.name);
    config.isInjected =
        settings.find(spec.name) != nullptr || environment.contains(std::string(spec.environment));
    if (!config.isInjected || named == config.lease.name) {
        return;
    }
    config.followsOnly = fmt::format(
        "this Pod does not campaign for the Lease \"{}\", as its annotation {} {}: it is no Pod "
        "that "
        "the sidecar was injected into, but a copy of one, or was annotated anew; it only follows",
        runtime::quoted(config.lease.name), names::kLeaseNameAnnotation,
        named.empty() ? "is missing" : fmt::format("says \"{}\"", runtime::quoted(named)));
}

// Whether the host is called as Kubernetes calls a Pod's that has a network of its own: with the
// Pod's name, cut off where it is longer than a host's name may be.
bool isNamedAsItsPod(const Facts& facts, const std::string& pod) {
    constexpr std::size_t kCutOff = 56;  // at 63, and without the dashes at the end
    const std::string& host = facts.hostName;
    return host == pod || host.starts_with(pod + ".") ||
           (host.size() >= kCutOff && pod.starts_with(host));
}

// In a Pod that shares its node's network, whatever runs on the node is on the loopback.
std::string whyNoOrders(const std::string& admin, const Config& config, const Facts& facts) {
    if (admin == "off") {
        return "--admin=off: this elector takes no orders";
    }
    if (admin == "on" || config.podUid.empty() || isNamedAsItsPod(facts, config.id)) {
        return "";
    }
    return fmt::format(
        "this elector takes no orders, as its host is not called {}, as its Pod is: others may "
        "share its network; --admin=on allows them",
        runtime::quoted(config.id));
}

// A variable that programs of other makes heed, in either case.
void sayThatNoProxyIsUsed(const Environment& environment, Config& config) {
    for (const char* name : {"HTTPS_PROXY", "https_proxy"}) {
        const auto found = environment.find(name);
        if (!config.folder && found != environment.end() && !found->second.empty()) {
            config.warnings.push_back(
                fmt::format("{} is set, and not used: the API server is reached directly", name));
            return;
        }
    }
}

// Those who started the electors of kubernetes/contrib and nais named the election so, and called
// no candidate by anything but its host's name, which programs compare with their own.
std::string runIdIn(const Settings& settings, const Facts& facts) {
    const bool isOthers = settings.find("lease-name")->isOld && settings.find("id") == nullptr;
    return isOthers && complaintAboutId(facts.hostName).empty() ? facts.hostName
                                                                : idIn(settings, facts);
}

// nais/elector has flags of its own, and needs a namespace; kubernetes/contrib's needs none.
bool isContribs(const Scan& scan, const Settings& settings) {
    const bool isNaiss =
        settings.find("probe-address") != nullptr || settings.find("metrics-address") != nullptr;
    return scan.flags.contains("election") && !isNaiss &&
           (settings.find("namespace") == nullptr || scan.flags.contains("ttl") ||
            scan.flags.contains("use-cluster-credentials"));
}

std::vector<Address> otherAddressesIn(const Settings& settings, const Address& first) {
    std::vector<Address> addresses;
    for (const char* name : {"probe-address", "metrics-address"}) {
        const auto address = parseAddress(settings.text(name));
        if (address && *address != first &&
            std::ranges::find(addresses, *address) == addresses.end()) {
            addresses.push_back(*address);
        }
    }
    return addresses;
}

// What a campaign is told; of a program that exec runs, too.
Config configIn(const Scan& scan, const Settings& settings, const Environment& environment,
                const Facts& facts, bool runsProgram) {
    Config config;
    refuseWrongCombinations(scan, settings);
    config.lease.name = settings.text("lease-name");
    if (config.lease.name.empty()) {
        throw Refusal(
            "--lease-name (or LEASE_NAME) is missing: name the Lease that the replicas campaign "
            "for, as in --lease-name=web");
    }
    config.timing = timingIn(settings, runsProgram, config.warnings);
    config.id = runIdIn(settings, facts);
    config.lease.space = settings.text("namespace");
    if (config.lease.space.empty()) {
        config.lease.space = namespaceFrom(facts);
    }
    config.podUid = podUidIn(settings, facts);
    takePod(settings, environment, config);
    config.address = settings.address("addr");
    config.otherAddresses = otherAddressesIn(settings, config.address);
    config.tellsNamesOnly = isContribs(scan, settings);
    if (settings.find("use-cluster-credentials") != nullptr) {
        config.warnings.emplace_back(
            "--use-cluster-credentials is without effect: in a Pod, the service account's are used "
            "anyway");
    }
    config.allowedHosts = hostsIn(settings.text("allowed-host")).value_or(config.allowedHosts);
    config.kubeconfig = settings.text("kubeconfig");
    config.folder = folderIn(settings.text("store"));
    config.onShutdown =
        settings.text("on-shutdown") == "expire" ? OnShutdown::Expire : OnShutdown::Release;
    config.onMissing = settings.text("on-missing") == "wait" ? OnMissing::Wait : OnMissing::Create;
    config.drain = settings.duration("drain");
    config.health = healthIn(settings);
    if (config.health && runsProgram) {
        throw Refusal(
            "a health gate is refused for exec: its program runs only once this one leads, and so "
            "could never be found healthy before");
    }
    if (config.drain == election::Duration::zero() && !runsProgram) {
        // A drain outlasts every answer that was given, and so the program that runs by one.
        config.drain = config.timing.termGrace.value_or(config.drain);
    }
    config.takesNoOrders = whyNoOrders(settings.text("admin"), config, facts);
    config.ready = settings.text("ready") == "leader" ? ReadyWhen::Leader : ReadyWhen::Synced;
    config.statusFolder = settings.text("status-dir");
    config.onChange = onChangeIn(settings, runsProgram);
    config.logLevel = logLevelIn(settings);
    config.logFormat = logFormatIn(settings, facts);
    sayThatNoProxyIsUsed(environment, config);
    return config;
}

Config parseRun(Scan scan, const Environment& environment, const Facts& facts) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    std::vector<std::string> warnings;
    adoptOldNames(scan, warnings);
    const Settings settings(scan, environment, runFlags());
    Config config = configIn(scan, settings, environment, facts, false);
    config.warnings.insert(config.warnings.begin(), warnings.begin(), warnings.end());
    return config;
}

// One listens on all addresses, but asks at one.
Address askedAt(const Address& address) {
    const bool all = address.host.empty() || address.host == "0.0.0.0" || address.host == "::";
    return {all ? "localhost" : address.host, address.port};
}

std::vector<FlagSpec> flagsOfExec() {
    std::vector<FlagSpec> specs = execFlags();
    specs.insert(specs.end(), runFlags().begin(), runFlags().end());
    return specs;
}

// Flags that mean something to who asks an elector.
bool concernsAsking(std::string_view name) {
    static const std::vector<std::string_view> kNames{
        "lease-duration", "lease-renew-duration", "retry-period", "term-grace",
        "log-level",      "log-format",           "elector",      "on-loss",
        "timeout"};
    return std::ranges::find(kNames, name) != kNames.end();
}

ExecRequest parseExec(const Scan& scan, std::vector<std::string> program,
                      const Environment& environment, const Facts& facts) {
    if (!scan.rest.empty()) {
        throw Refusal(fmt::format(
            "unexpected argument \"{}\": the program stands behind --, as in leader-elector exec "
            "--lease-name=web -- PROGRAM ARGS",
            runtime::quoted(scan.rest.front())));
    }
    if (program.empty()) {
        throw Refusal("exec needs a program: leader-elector exec --lease-name=web -- PROGRAM ARGS");
    }
    const Settings settings(scan, environment, flagsOfExec());
    ExecRequest request;
    if (settings.find("elector") != nullptr) {
        request.elector = askedAt(settings.address("elector"));
        for (const auto& [name, given] : scan.flags) {
            if (!concernsAsking(name)) {
                throw Refusal(fmt::format("{} \"{}\" is refused beside {}: that elector campaigns",
                                          given.written, runtime::quoted(given.value),
                                          settings.find("elector")->subject));
            }
        }
        request.config.timing = timingIn(settings, true, request.config.warnings);
        request.config.logLevel = logLevelIn(settings);
        request.config.logFormat = logFormatIn(settings, facts);
    } else {
        request.config = configIn(scan, settings, environment, facts, true);
    }
    request.grace = request.config.timing.termGrace.value_or(election::Duration{});
    request.exitsOnLoss = settings.text("on-loss") == "exit";
    request.timeout = settings.duration("timeout");
    request.program = std::move(program);
    return request;
}

CopyRequest parseCopy(const Scan& scan) {
    if (scan.rest.size() != 1 || scan.rest.front().empty()) {
        throw Refusal("copy-to needs one folder: leader-elector copy-to /leader-elector");
    }
    const Settings settings(scan, {}, copyFlags());
    const std::string folder = scan.rest.front();
    const std::string seenAt = settings.find("at") == nullptr ? folder : settings.text("at");
    if (!seenAt.starts_with('/')) {
        throw Refusal(
            fmt::format("the folder \"{}\" is refused: an absolute path is needed, here or as --at",
                        runtime::quoted(seenAt)));
    }
    return {folder, seenAt};
}

Address targetIn(const Settings& settings) {
    return askedAt(settings.address("addr"));
}

StatusRequest parseStatus(const Scan& scan, const Environment& environment) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    const Settings settings(scan, environment, statusFlags());
    return {targetIn(settings), settings.duration("timeout"), outputIn(settings)};
}

ProbeRequest parseProbe(const Scan& scan, const Environment& environment) {
    if (scan.rest.empty()) {
        throw Refusal("probe needs to know what to ask: allowed are probe live and probe ready");
    }
    if (scan.rest.size() > 1) {
        refuseArgument(scan.rest[1]);
    }
    const std::string& what = scan.rest.front();
    if (what != "live" && what != "ready") {
        throw Refusal(fmt::format("probe \"{}\" is refused: allowed are live and ready",
                                  runtime::quoted(what)));
    }
    const Settings settings(scan, environment, probeFlags());
    return {targetIn(settings), settings.duration("timeout"),
            what == "live" ? Probe::Live : Probe::Ready};
}

StepDownRequest parseStepDown(const Scan& scan, const Environment& environment) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    const Settings settings(scan, environment, stepDownFlags());
    return {targetIn(settings), settings.duration("timeout"), settings.text("token"),
            settings.text("back-off"), settings.text("to")};
}

HandOverRequest parseHandOver(const Scan& scan, const Environment& environment,
                              const Facts& facts) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    const Settings settings(scan, environment, handOverFlags());
    for (const auto& [name, example] : {std::pair("lease", "web"), {"to", "web-2"}}) {
        if (settings.find(name) == nullptr) {
            throw Refusal(fmt::format("--{} is missing: write --{}={}", name, name, example));
        }
    }
    const std::string space = settings.text("namespace");
    return {{space.empty() ? namespaceFrom(facts) : space, settings.text("lease")},
            settings.text("to"),
            settings.text("kubeconfig"),
            folderIn(settings.text("store")),
            settings.duration("timeout"),
            settings.text("wait") == "true",
            {},
            {}};
}

std::vector<FlagSpec> specsFor(const std::string& command) {
    if (command == "exec") {
        return flagsOfExec();
    }
    if (command == "copy-to") {
        return copyFlags();
    }
    if (command == "status") {
        return statusFlags();
    }
    if (command == "probe") {
        return probeFlags();
    }
    if (command == "step-down") {
        return stepDownFlags();
    }
    if (command == "hand-over") {
        return handOverFlags();
    }
    std::vector<FlagSpec> specs = runFlags();
    specs.insert(specs.end(), oldNames().begin(), oldNames().end());
    return specs;
}

// What stands behind the first "--", which is taken off with it.
Arguments takeProgram(Arguments& arguments) {
    const auto dashes = std::ranges::find(arguments, "--");
    Arguments program(dashes == arguments.end() ? dashes : dashes + 1, arguments.end());
    arguments.erase(dashes, arguments.end());
    return program;
}

}  // namespace

Invocation parseInvocation(const Arguments& arguments, const Environment& environment,
                           const Facts& facts) {
    Arguments rest = arguments;
    const std::string command = takeCommand(rest);
    Arguments program = command == "exec" ? takeProgram(rest) : Arguments();
    Scan scanned = scan(rest, specsFor(command));
    if (scanned.help) {
        return HelpRequest{};
    }
    if (scanned.version) {
        return VersionRequest{};
    }
    if (command == "status") {
        return parseStatus(scanned, environment);
    }
    if (command == "probe") {
        return parseProbe(scanned, environment);
    }
    if (command == "exec") {
        return parseExec(scanned, std::move(program), environment, facts);
    }
    if (command == "copy-to") {
        return parseCopy(scanned);
    }
    if (command == "step-down") {
        return parseStepDown(scanned, environment);
    }
    if (command == "hand-over") {
        return parseHandOver(scanned, environment, facts);
    }
    return parseRun(std::move(scanned), environment, facts);
}

// ---------------------------------------------------------------------------------------- settings

namespace {

// Names where the value came from, the flag that it stands for, and the value.
std::string subjectOf(std::string_view where, const std::string& value, std::string_view remark) {
    return fmt::format("{} \"{}\"{}", where, runtime::quoted(value), remark);
}

std::optional<Setting> settingOf(const FlagSpec& spec, const Scan& scan,
                                 const Environment& environment) {
    if (const auto given = scan.flags.find(spec.name); given != scan.flags.end()) {
        const auto& [written, value, isOld] = given->second;
        return Setting{true, isOld, value, subjectOf(written, value, "")};
    }
    for (const std::string_view name : {spec.environment, spec.othersVariable}) {
        const auto variable = environment.find(std::string(name));
        if (variable != environment.end() && !variable->second.empty()) {
            const std::string remark = fmt::format(" (the environment's --{})", spec.name);
            return Setting{false, name != spec.environment, variable->second,
                           subjectOf(name, variable->second, remark)};
        }
    }
    if (!spec.fallback.empty() && !spec.isLeftToElector) {
        const std::string value(spec.fallback);
        return Setting{false, false, value,
                       subjectOf(fmt::format("--{}", spec.name), value, " (the default)")};
    }
    return std::nullopt;
}

}  // namespace

Settings::Settings(const Scan& scan, const Environment& environment,
                   const std::vector<FlagSpec>& specs) {
    for (const FlagSpec& spec : specs) {
        auto setting = settingOf(spec, scan, environment);
        if (!setting) {
            continue;
        }
        if (const std::string complaint = complaintAbout(spec, setting->value);
            !complaint.empty()) {
            throw Refusal(setting->subject + " is refused: " + complaint);
        }
        settings_.emplace(spec.name, *std::move(setting));
    }
}

const Setting* Settings::find(std::string_view name) const {
    const auto found = settings_.find(name);
    return found == settings_.end() ? nullptr : &found->second;
}

bool Settings::isFlag(std::string_view name) const {
    const Setting* setting = find(name);
    return setting != nullptr && setting->isFlag;
}

std::string Settings::text(std::string_view name) const {
    const Setting* setting = find(name);
    return setting == nullptr ? "" : setting->value;
}

OptionValues Settings::values() const {
    OptionValues values;
    for (const auto& [name, setting] : settings_) {
        values[name] = setting.value;
    }
    return values;
}

std::string Settings::subjectOf(std::string_view name, std::string_view chosen) const {
    const Setting* setting = find(name);
    return setting == nullptr ? fmt::format("--{} \"{}\" (the default)", name, chosen)
                              : setting->subject;
}

Address Settings::address(std::string_view name) const {
    return parseAddress(text(name)).value_or(Address{});
}

election::Duration Settings::duration(std::string_view name) const {
    return runtime::parseDuration(text(name)).value_or(election::Duration{});
}

Output outputIn(const Settings& settings) {
    return settings.text("output") == "json" ? Output::Json : Output::Human;
}

runtime::LogLevel logLevelIn(const Settings& settings) {
    return runtime::parseLogLevel(settings.text("log-level")).value_or(runtime::LogLevel::Info);
}

runtime::LogFormat logFormatIn(const Settings& settings, const Facts& facts) {
    return runtime::parseLogFormat(settings.text("log-format"))
        .value_or(facts.logsToTerminal ? runtime::LogFormat::Text : runtime::LogFormat::Json);
}

std::string idIn(const Settings& settings, const Facts& facts) {
    if (settings.find("id") != nullptr) {
        return settings.text("id");
    }
    std::string id = facts.hostName + "_" + facts.random;
    if (const std::string complaint = complaintAboutId(id); !complaint.empty()) {
        throw Refusal(fmt::format("{} is refused: {}",
                                  settings.subjectOf("id", runtime::quoted(id)), complaint));
    }
    return id;
}

std::string podUidIn(const Settings& settings, const Facts& facts) {
    return settings.find("pod-uid") != nullptr ? settings.text("pod-uid")
                                               : podUidOf(facts.serviceAccountToken.value_or(""));
}

}  // namespace elector::config
