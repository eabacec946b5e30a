#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "elector/commands/probe.h"
#include "elector/commands/status.h"
#include "elector/config/help.h"
#include "elector/config/invocation.h"
#include "elector/elector.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"

// The program leader-elector: reads what it was started to do, and does it.
namespace {

using namespace elector;

// Blocked from here on, in every thread; run() takes them one by one. So process 1 of a container,
// which has no default handlers, ends on SIGTERM too.
sigset_t blockSignals() {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ending, nullptr);
    signal(SIGPIPE, SIG_IGN);
    return ending;
}

int run(const config::Config& config, const sigset_t& ending) {
    const runtime::SystemClock clock;
    const runtime::Log log(config.logLevel, config.logFormat, clock);
    for (const std::string& warning : config.warnings) {
        log.warn(warning);
    }
    std::unique_ptr<Elector> elector;
    try {
        elector = std::make_unique<Elector>(config, clock, log);
    } catch (const std::exception& error) {
        throw config::Refusal(error.what());  // kubeconfig, folder, port: for the operator to mend
    }
    elector->start();
    int received = 0;
    sigwait(&ending, &received);
    log.info("stopping", {{"signal", received == SIGTERM ? "SIGTERM" : "SIGINT"}});
    elector->stop();
    return config::kExitSuccess;
}

int carryOut(const config::Invocation& invocation, const sigset_t& ending) {
    struct Visitor {
        const sigset_t& ending;
        int operator()(const config::Config& config) const { return run(config, ending); }
        int operator()(const config::StatusRequest& request) const {
            return commands::runStatus(request, runtime::SystemClock(), std::cout, std::cerr);
        }
        int operator()(const config::ProbeRequest& request) const {
            return commands::runProbe(request, runtime::SystemClock(), std::cout);
        }
        int operator()(const config::HelpRequest& /*request*/) const {
            fmt::print("{}", config::helpText());
            return config::kExitSuccess;
        }
        int operator()(const config::VersionRequest& /*request*/) const {
            fmt::print("{}", config::versionText());
            return config::kExitSuccess;
        }
    };
    return std::visit(Visitor{ending}, invocation);
}

}  // namespace

int main(int argc, char** argv) {
    const sigset_t ending = blockSignals();
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        return carryOut(config::parseInvocation(arguments, config::environmentFrom(environ),
                                                config::gatherFacts()),
                        ending);
    } catch (const config::Refusal& refusal) {
        fmt::print(stderr, "leader-elector: {}\n", refusal.what());
        return config::kExitUsage;
    } catch (const std::exception& error) {
        fmt::print(stderr, "leader-elector: {}\n", error.what());
        return config::kExitFailure;
    }
}
