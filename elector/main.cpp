#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/commands/commands.h"
#include "elector/config/flag.h"
#include "elector/config/invocation.h"
#include "elector/elector.h"
#include "elector/exec/wrapper.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/log.h"
#include "elector/runtime/process.h"

// The program leader-elector: reads what it was started to do, and does it.
namespace {

using namespace elector;

std::string awaitEnd(const runtime::EndingSignals& signals) {
    auto early = runtime::leaveStartUpBehind(signals);
    return early ? *std::move(early) : signals.await();
}

std::unique_ptr<Elector> electorOf(const config::Config& config, const runtime::Clock& clock,
                                   const runtime::Log& log) {
    try {
        return std::make_unique<Elector>(config, clock, log);
    } catch (const std::exception& error) {
        throw config::Refusal(error.what());  // kubeconfig, folder, port: for the operator to mend
    }
}

int run(const config::Config& config, const runtime::EndingSignals& signals) {
    const runtime::SystemClock clock;
    const runtime::Log log(config.logLevel, config.logFormat, clock);
    for (const std::string& warning : config.warnings) {
        log.warn(warning);
    }
    const auto elector = electorOf(config, clock, log);
    elector->start();
    log.info("stopping", {{"signal", awaitEnd(signals)}});
    elector->stop();
    return config::kExitSuccess;
}

// A campaign of the wrapper's own.
class OwnCampaign final : public exec::Source {
  public:
    OwnCampaign(const config::Config& config, const runtime::Clock& clock, const runtime::Log& log)
        : lease_(config.lease.text()), elector_(electorOf(config, clock, log)) {}

    void start(std::function<void()> wake) override {
        // A Subscription cannot be moved.
        // NOLINTNEXTLINE(modernize-make-unique)
        subscription_ = std::unique_ptr<campaign::Feed::Subscription>(
            new campaign::Feed::Subscription(elector_->feed().subscribe(std::move(wake))));
        elector_->start();
    }
    std::optional<exec::Lead> lead() override {
        const election::Answer answer = elector_->answer();
        return answer.isLeader ? std::optional(exec::Lead{answer.fencingToken, answer.validUntil,
                                                          lease_, answer.leader})
                               : std::nullopt;
    }
    std::string url() const override {
        return "http://localhost:" + std::to_string(elector_->port());
    }
    void stop() override { elector_->stop(); }

  private:
    const std::string lease_;
    const std::unique_ptr<Elector> elector_;
    std::unique_ptr<campaign::Feed::Subscription> subscription_;
};

int carryOut(const config::Invocation& invocation, const runtime::EndingSignals& signals) {
    struct Visitor {
        const runtime::EndingSignals& signals;
        int operator()(const config::Config& config) const { return run(config, signals); }
        int operator()(const config::StatusRequest& request) const {
            return commands::runStatus(request, runtime::SystemClock(), std::cout, std::cerr);
        }
        int operator()(const config::ProbeRequest& request) const {
            return commands::runProbe(request, runtime::SystemClock(), std::cout);
        }
        int operator()(const config::ExecRequest& request) const {
            return exec::run(request, [&](const runtime::Clock& clock, const runtime::Log& log) {
                return std::make_unique<OwnCampaign>(request.config, clock, log);
            });
        }
        int operator()(const config::CopyRequest& request) const {
            return commands::runCopy(request, std::cerr);
        }
        int operator()(const config::StepDownRequest& request) const {
            return commands::runStepDown(request, runtime::SystemClock(), std::cout, std::cerr);
        }
        int operator()(const config::HandOverRequest& request) const {
            return commands::runHandOver(request, runtime::SystemClock(), std::cout, std::cerr);
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
    return std::visit(Visitor{signals}, invocation);
}

}  // namespace

int main(int argc, char** argv) {
    runtime::occupyStandardStreams();
    const runtime::EndingSignals signals;
    // One heap for all threads instead of one for each: 0.1 MiB less. Nearly all that they allocate
    // comes from their own caches, without a lock.
    mallopt(M_ARENA_MAX, 1);  // NOLINT(concurrency-mt-unsafe): there is one thread yet
    // What a large Lease needs for a moment goes back to the system at once: by default the bound
    // from which that is so grows with what was freed.
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);  // NOLINT(concurrency-mt-unsafe): likewise
    try {
        const std::vector<std::string> arguments(argv + 1, argv + argc);
        return carryOut(config::parseInvocation(arguments, config::environmentFrom(environ),
                                                config::gatherFacts()),
                        signals);
    } catch (const config::Refusal& refusal) {
        runtime::complain("leader-elector", refusal.what());
        return config::kExitUsage;
    } catch (const std::exception& error) {
        runtime::complain("leader-elector", error.what());
        return config::kExitFailure;
    }
}
