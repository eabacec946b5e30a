#include <Poco/Net/NetSSL.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "elector/runtime/process.h"
#include "elector/runtime/time_text.h"
#include "injector/check/check.h"
#include "injector/config/invocation.h"
#include "injector/dashboard/dashboard.h"
#include "injector/leader/leader.h"
#include "injector/offline/manifest.h"
#include "injector/operator/operator.h"
#include "injector/webhook/webhook.h"

// The program leader-elector-injector: reads what it was started to do, and does it.
namespace {

using namespace injector;
using elector::runtime::EndingSignals;
using elector::runtime::Log;
using elector::runtime::SystemClock;

// A server's connections take a descriptor each; the usual limit of 1,024 is there for programs
// that use select(), and may be raised by anybody up to the hard one.
void raiseDescriptorLimit() {
    constexpr rlim_t kEnough = 8192;
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < kEnough) {
        limit.rlim_cur = std::min(kEnough, limit.rlim_max);
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

constexpr std::chrono::seconds kBetweenTrims{10};

std::string awaitEnd(const EndingSignals& signals) {
    auto signal = elector::runtime::leaveStartUpBehind(signals);
    while (!signal) {
        signal = signals.await(kBetweenTrims);
        // What a storm of handshakes or of large Pods took is free then, but in pieces, which the
        // system does not get back by itself: after 500 reviews of 1 MiB at once 59 MiB stayed for
        // good, and 3 MiB with this.
        malloc_trim(0);
    }
    return *std::move(signal);
}

// Makes what the command runs. What it cannot run without (a port, a kubeconfig) is for whoever
// started it to mend.
template <typename Program, typename... Arguments>
std::unique_ptr<Program> made(Arguments&&... arguments) {
    try {
        return std::make_unique<Program>(std::forward<Arguments>(arguments)...);
    } catch (const std::exception& error) {
        throw elector::config::Refusal(error.what());
    }
}

int run(const config::WebhookConfig& config, const EndingSignals& signals) {
    const SystemClock clock;
    const Log log(config.logging.level, config.logging.format, clock);
    raiseDescriptorLimit();
    const auto webhook = made<webhook::Webhook>(config, clock, log);
    webhook->start();
    const std::string signal = awaitEnd(signals);
    log.info("shutting down: not ready, still serving",
             {{"signal", signal}, {"for", elector::runtime::formatDuration(config.shutdownDelay)}});
    webhook->retire();
    // Whoever cannot wait sends another one.
    signals.await(config.shutdownDelay);
    log.info("stopping");
    webhook->stop();
    return elector::config::kExitSuccess;
}

int run(const config::OperatorConfig& config, const EndingSignals& signals) {
    const SystemClock clock;
    const Log log(config.logging.level, config.logging.format, clock);
    const auto program = made<operators::Operator>(config, clock, log);
    std::unique_ptr<dashboard::Dashboard> page;
    if (config.dashboard) {
        page = made<dashboard::Dashboard>(
            dashboard::Source{config.id, [&program] { return program->leads(); }, *config.dashboard,
                              config.dashboardHosts},
            program->access(), clock, log);
    }
    program->start();
    if (page) {
        page->start();
    }
    log.info("stopping", {{"signal", awaitEnd(signals)}});
    program->stop();
    return elector::config::kExitSuccess;
}

int carryOut(const config::Invocation& invocation, const EndingSignals& signals) {
    struct Visitor {
        const EndingSignals& signals;
        int operator()(const config::WebhookConfig& config) const { return run(config, signals); }
        int operator()(const config::OperatorConfig& config) const { return run(config, signals); }
        int operator()(const config::InjectRequest& request) const {
            signals.unblock();
            return offline::runInject(request, std::cin, std::cout, std::cerr);
        }
        int operator()(const config::CheckRequest& request) const {
            signals.unblock();
            return check::runCheck(request, SystemClock(), std::cout, std::cerr);
        }
        int operator()(const config::LeaderRequest& request) const {
            signals.unblock();
            return leader::runLeader(request, SystemClock(), std::cout, std::cerr);
        }
        int operator()(const config::HelpRequest& /*request*/) const {
            fmt::print("{}", config::helpText());
            return elector::config::kExitSuccess;
        }
        int operator()(const config::VersionRequest& /*request*/) const {
            fmt::print("{}", config::versionText());
            return elector::config::kExitSuccess;
        }
    };
    return std::visit(Visitor{signals}, invocation);
}

}  // namespace

int main(int argc, char** argv) {
    elector::runtime::occupyStandardStreams();
    const EndingSignals signals;
    try {
        Poco::Net::initializeSSL();  // before any thread
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        return carryOut(
            config::parseInvocation(arguments, elector::config::environmentFrom(environ),
                                    elector::config::gatherFacts()),
            signals);
    } catch (const elector::config::Refusal& refusal) {
        elector::runtime::complain("leader-elector-injector", refusal.what());
        return elector::config::kExitUsage;
    } catch (const std::exception& error) {
        elector::runtime::complain("leader-elector-injector", error.what());
        return elector::config::kExitFailure;
    }
}
