#include "injector/config/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "elector/config/flag.h"
#include "elector/config/invocation.h"
#include "elector/config/options.h"
#include "elector/config/values.h"
#include "elector/runtime/log.h"
#include "elector/version.h"
#include "injector/admission/quantity.h"
#include "injector/config/flags.h"

namespace injector::config {
namespace {

using elector::config::Environment;
using elector::config::Facts;
using elector::config::FlagSpec;
using elector::config::Refusal;
using elector::config::Scan;
using elector::config::Setting;
using elector::config::Settings;
using elector::runtime::quoted;
using Arguments = std::vector<std::string>;

const std::vector<std::string_view> kCommands{"webhook", "operator", "inject", "check", "leader"};

bool isCommand(std::string_view text) {
    return std::ranges::find(kCommands, text) != kCommands.end();
}

std::string allowedCommands() {
    return fmt::format("allowed are {}", fmt::join(kCommands, ", "));
}

[[noreturn]] void refuseArgument(const std::string& argument) {
    const std::string remedy =
        isCommand(argument)
            ? fmt::format("a command stands first, as in leader-elector-injector {}", argument)
            : "values follow their flags, as in --namespace=web; --help lists what is allowed";
    throw Refusal(fmt::format("unexpected argument \"{}\": {}", quoted(argument), remedy));
}

void refuseRest(const Arguments& rest, std::size_t allowed) {
    if (rest.size() > allowed) {
        refuseArgument(rest[allowed]);
    }
}

void require(const std::string& value, std::string_view name, std::string_view what) {
    if (value.empty()) {
        throw Refusal(fmt::format("{} is missing: {}", name, what));
    }
}

Logging loggingIn(const Settings& settings, const Facts& facts) {
    return {elector::config::logLevelIn(settings), elector::config::logFormatIn(settings, facts)};
}

void judgeResource(std::string_view resource, const Settings& settings) {
    const std::string request = fmt::format("{}-request", resource);
    const std::string limit = fmt::format("{}-limit", resource);
    const auto least = admission::parseQuantity(settings.text(request));
    const auto most = admission::parseQuantity(settings.text(limit));
    if (least && most && *least > *most) {
        throw Refusal(fmt::format("{} is refused beside {}: a request is at most its limit",
                                  settings.find(request)->subject, settings.find(limit)->subject));
    }
}

admission::Defaults defaultsIn(const Settings& settings) {
    admission::Defaults defaults;
    for (const admission::Option& option : admission::sidecarOptions()) {
        if (!option.releaseFlag.empty()) {
            defaults.values[option.flag.name] = settings.text(option.releaseFlag);
        }
    }
    if (std::string& image = defaults.values["image"]; image.empty()) {
        image = fmt::format("leader-elector:{}", elector::kVersion);
    }
    const auto judgement = elector::config::judgeTiming(defaults.values);
    if (!judgement.refusals.empty()) {
        const auto& [option, value, reason] = judgement.refusals.front();
        throw Refusal(fmt::format("{} {}", settings.subjectOf(option, value), reason));
    }
    for (const std::string_view resource : admission::resources()) {
        judgeResource(resource, settings);
    }
    return defaults;
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

WebhookConfig parseWebhook(const Settings& settings, const Facts& facts) {
    WebhookConfig config;
    config.certificate = settings.text("certificate");
    require(config.certificate, "--certificate", "name the PEM file with the certificate");
    config.key = settings.text("key");
    if (config.key.empty()) {
        config.key = config.certificate;
    }
    const std::string space = settings.text("namespace");
    require(space, "--namespace (or NAMESPACE)", "name the namespace that the injector runs in");
    config.address = settings.address("addr");
    config.healthAddress = settings.address("health-addr");
    config.shutdownDelay = settings.duration("shutdown-delay");
    config.defaults = defaultsIn(settings);
    config.defaults.releaseNamespace = space;
    config.logging = loggingIn(settings, facts);
    return config;
}

OperatorConfig parseOperator(const Settings& settings, const Facts& facts) {
    OperatorConfig config;
    config.leaseName = settings.text("lease-name");
    require(config.leaseName, "--lease-name",
            "name the Lease that the operator's replicas campaign for");
    config.space = settings.text("namespace");
    require(config.space, "--namespace (or NAMESPACE)",
            "name the namespace that the injector runs in");
    config.certificates = settings.text("certificates") == "given" ? CertificateSource::Given
                                                                   : CertificateSource::Own;
    config.certificateSecret = settings.text("certificate-secret");
    config.authoritySecret = settings.text("authority-secret");
    config.service = settings.text("service");
    config.webhookConfiguration = settings.text("webhook-configuration");
    judgeCertificates(config, settings);
    config.id = elector::config::idIn(settings, facts);
    config.podUid = elector::config::podUidIn(settings, facts);
    config.kubeconfig = settings.text("kubeconfig");
    config.healthAddress = settings.address("health-addr");
    if (settings.find("dashboard-addr") != nullptr) {
        config.dashboard = settings.address("dashboard-addr");
    }
    config.dashboardHosts =
        elector::config::hostsIn(settings.text("dashboard-hosts")).value_or(config.dashboardHosts);
    config.copiesAnnotations = settings.text("copy-annotations") == "true";
    config.managesRbac = settings.text("manage-rbac") == "true";
    config.logging = loggingIn(settings, facts);
    return config;
}

InjectRequest parseInject(const Settings& settings) {
    const std::string file = settings.text("filename");
    require(file, "--filename (or -f)",
            "name the file with the manifests, or - for standard input");
    return {file, settings.text("namespace"), defaultsIn(settings)};
}

void takeWorkload(CheckRequest& request, const Arguments& rest) {
    refuseRest(rest, 1);
    if (rest.empty()) {
        return;
    }
    const std::string& workload = rest.front();
    const std::size_t slash = workload.find('/');
    const bool isPair = slash != std::string::npos && slash > 0 && slash + 1 < workload.size() &&
                        workload.find('/', slash + 1) == std::string::npos;
    if (!isPair) {
        throw Refusal(fmt::format(
            "check \"{}\" is refused: name a workload by kind and name, as in deployment/web",
            quoted(workload)));
    }
    if (request.all) {
        throw Refusal(
            fmt::format("check \"{}\" is refused beside --all-namespaces: a workload is "
                        "in one namespace, named by --namespace",
                        quoted(workload)));
    }
    request.workload = workload;
}

// Which cluster and namespace a command for people is about.
template <typename Request>
void takePlace(Request& request, const Settings& settings, const Environment& environment) {
    request.space = settings.text("namespace");
    request.all = settings.text("all-namespaces") == "true";
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
    request.kubeconfig = settings.text("kubeconfig");
    if (request.kubeconfig.empty() && valueOf("KUBERNETES_SERVICE_HOST").empty() && !home.empty()) {
        request.kubeconfig = home + "/.kube/config";
    }
}

CheckRequest parseCheck(const Settings& settings, const Arguments& rest,
                        const Environment& environment) {
    CheckRequest request;
    takePlace(request, settings, environment);
    request.output = elector::config::outputIn(settings);
    takeWorkload(request, rest);
    return request;
}

// What `leader` is to do, and about which Lease.
void takeAction(LeaderRequest& request, const Arguments& rest) {
    static const std::vector<std::string_view> kActions{"list",  "describe",  "history",
                                                        "watch", "hand-over", "step-down"};
    const std::string action = rest.empty() ? "list" : rest.front();
    const auto known = std::ranges::find(kActions, action);
    if (known == kActions.end()) {
        throw Refusal(fmt::format("leader \"{}\" is refused{}: allowed are {}", quoted(action),
                                  elector::config::suggestion(action, kActions, ""),
                                  fmt::join(kActions, ", ")));
    }
    request.action = static_cast<LeaderAction>(known - kActions.begin());
    refuseRest(rest, request.action == LeaderAction::List ? 1 : 2);
    request.lease = rest.size() > 1 ? rest[1] : "";
    const bool isAboutOne =
        request.action != LeaderAction::List && request.action != LeaderAction::Watch;
    if (isAboutOne && request.lease.empty()) {
        throw Refusal(
            fmt::format("leader {0} needs to know of which Lease, as in leader {0} web", action));
    }
    if (request.action == LeaderAction::HandOver && request.to.empty()) {
        throw Refusal(
            "--to is missing: write --to=web-2, or leader step-down for whichever candidate");
    }
    if (request.all && !request.lease.empty()) {
        throw Refusal(
            fmt::format("leader {} \"{}\" is refused beside --all-namespaces: a Lease is "
                        "in one namespace, named by --namespace",
                        action, quoted(request.lease)));
    }
    if (!request.lease.empty()) {
        if (const auto complaint = elector::config::complaintAboutLeaseName(request.lease);
            !complaint.empty()) {
            throw Refusal(fmt::format("leader {} \"{}\" is refused: {}", action,
                                      quoted(request.lease), complaint));
        }
    }
}

LeaderRequest parseLeader(const Settings& settings, const Arguments& rest,
                          const Environment& environment) {
    static const std::vector<std::string_view> kOutputs{"table", "wide", "json", "yaml", "name"};
    LeaderRequest request;
    takePlace(request, settings, environment);
    request.context = settings.text("context");
    request.output = static_cast<LeaderOutput>(
        std::ranges::find(kOutputs, settings.text("output")) - kOutputs.begin());
    request.to = settings.text("to");
    request.timeout = settings.duration("timeout");
    request.waits = settings.text("wait") == "true";
    takeAction(request, rest);
    return request;
}

const std::vector<FlagSpec>& flagsOf(const std::string& command) {
    if (command == "webhook") {
        return webhookFlags();
    }
    if (command == "operator") {
        return operatorFlags();
    }
    if (command == "inject") {
        return injectFlags();
    }
    return command == "leader" ? leaderFlags() : checkFlags();
}

Invocation parseCommand(const std::string& command, const Arguments& arguments,
                        const Environment& environment, const Facts& facts) {
    const std::vector<FlagSpec>& flags = flagsOf(command);
    const Scan scan = elector::config::scan(arguments, flags);
    if (scan.help) {
        return HelpRequest{};
    }
    if (scan.version) {
        return VersionRequest{};
    }
    const Settings settings(scan, environment, flags);
    if (command == "check") {
        return parseCheck(settings, scan.rest, environment);
    }
    if (command == "leader") {
        return parseLeader(settings, scan.rest, environment);
    }
    refuseRest(scan.rest, 0);
    if (command == "inject") {
        return parseInject(settings);
    }
    return command == "webhook" ? Invocation(parseWebhook(settings, facts))
                                : parseOperator(settings, facts);
}

}  // namespace

Invocation parseInvocation(const Arguments& arguments, const Environment& environment,
                           const Facts& facts) {
    if (arguments.empty()) {
        throw Refusal(
            fmt::format("there is no command: {}; --help explains them", allowedCommands()));
    }
    const std::string& command = arguments.front();
    if (isCommand(command)) {
        return parseCommand(command, {arguments.begin() + 1, arguments.end()}, environment, facts);
    }
    if (command.starts_with('-')) {
        // Without a command there are two questions, and nothing else.
        const Scan scan = elector::config::scan(arguments, {});
        refuseRest(scan.rest, 0);
        return scan.help ? Invocation(HelpRequest{}) : Invocation(VersionRequest{});
    }
    throw Refusal(fmt::format("unknown command \"{}\"{}: {}", quoted(command),
                              elector::config::suggestion(command, kCommands, ""),
                              allowedCommands()));
}

}  // namespace injector::config
