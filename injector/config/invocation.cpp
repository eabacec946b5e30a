#include "injector/config/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "elector/config/scan.h"
#include "elector/config/settings.h"
#include "elector/runtime/log.h"
#include "injector/config/completion.h"
#include "injector/config/flag_tables.h"

namespace injector::config {
namespace {

using elector::config::Environment;
using elector::config::Facts;
using elector::config::Flag;
using elector::config::Refusal;
using elector::config::Scan;
using elector::config::Settings;
using elector::config::specsOf;
using elector::runtime::quoted;
using Arguments = std::vector<std::string>;

const std::vector<std::string_view> kCommands{"webhook", "operator", "inject", "check"};

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

// `finish` gets the target with its flags applied, and the settings that they came from.
template <typename Target, typename Finish>
Invocation parse(const Arguments& arguments, const Environment& environment,
                 const std::vector<Flag<Target>>& flags, Finish finish) {
    const std::vector<elector::config::FlagSpec> specs = specsOf(flags);
    const Scan scan = elector::config::scan(arguments, specs);
    if (scan.help) {
        return HelpRequest{};
    }
    if (scan.version) {
        return VersionRequest{};
    }
    const Settings settings(scan, environment, specs);
    Target target;
    settings.apply(flags, target);
    finish(target, settings, scan.rest);
    return target;
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

Invocation parseCommand(const std::string& command, const Arguments& rest,
                        const Environment& environment, const Facts& facts) {
    if (command == "webhook") {
        return parse(rest, environment, webhookFlags(),
                     [&](WebhookConfig& config, const Settings& settings, const Arguments& extra) {
                         refuseRest(extra, 0);
                         complete(config, settings, facts);
                     });
    }
    if (command == "operator") {
        return parse(rest, environment, operatorFlags(),
                     [&](OperatorConfig& config, const Settings& settings, const Arguments& extra) {
                         refuseRest(extra, 0);
                         complete(config, settings, facts);
                     });
    }
    if (command == "inject") {
        return parse(rest, environment, injectFlags(),
                     [](InjectRequest& request, const Settings& settings, const Arguments& extra) {
                         refuseRest(extra, 0);
                         complete(request, settings);
                     });
    }
    return parse(rest, environment, checkFlags(),
                 [&](CheckRequest& request, const Settings& settings, const Arguments& extra) {
                     complete(request, settings, environment);
                     takeWorkload(request, extra);
                 });
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
