#include "elector/config/invocation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/config/client_flags.h"
#include "elector/config/run_config.h"
#include "elector/config/scan.h"
#include "elector/config/settings.h"
#include "elector/runtime/log.h"

namespace elector::config {

namespace {

using Arguments = std::vector<std::string>;

const std::vector<std::string_view> kCommands{"run", "status", "probe"};

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

Invocation parseRun(Scan scan, const Environment& environment, const Facts& facts) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    return runConfig(std::move(scan), environment, facts);
}

Invocation parseStatus(const Scan& scan, const Environment& environment) {
    if (!scan.rest.empty()) {
        refuseArgument(scan.rest.front());
    }
    StatusRequest request;
    Settings(scan, environment, specsOf(statusFlags())).apply(statusFlags(), request);
    return request;
}

Invocation parseProbe(const Scan& scan, const Environment& environment) {
    if (scan.rest.empty()) {
        throw Refusal("probe needs to know what to ask: allowed are probe live and probe ready");
    }
    if (scan.rest.size() > 1) {
        refuseArgument(scan.rest[1]);
    }
    ProbeRequest request;
    const std::string& what = scan.rest.front();
    if (what != "live" && what != "ready") {
        throw Refusal(fmt::format("probe \"{}\" is refused: allowed are live and ready",
                                  runtime::quoted(what)));
    }
    request.probe = what == "live" ? Probe::Live : Probe::Ready;
    Settings(scan, environment, specsOf(probeFlags())).apply(probeFlags(), request);
    return request;
}

std::vector<FlagSpec> specsFor(const std::string& command) {
    if (command == "status") {
        return specsOf(statusFlags());
    }
    return command == "probe" ? specsOf(probeFlags()) : runSpecs();
}

}  // namespace

Invocation parseInvocation(const Arguments& arguments, const Environment& environment,
                           const Facts& facts) {
    Arguments rest = arguments;
    const std::string command = takeCommand(rest);
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
    return parseRun(std::move(scanned), environment, facts);
}

}  // namespace elector::config
