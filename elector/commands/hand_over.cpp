#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/commands/commands.h"
#include "elector/kubernetes/access.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "elector/store/file_store.h"
#include "elector/store/kubernetes_store.h"
#include "elector/store/lease_store.h"

namespace elector::commands {
namespace {

using config::HandOverRequest;
using election::Lease;
using election::LeaseRecord;
using runtime::Clock;

struct Outcome {
    int exitCode = config::kExitSuccess;
    std::string sentence;
};

std::unique_ptr<store::LeaseStore> open(const HandOverRequest& request, const Clock& clock) {
    if (request.folder) {
        return std::make_unique<store::FileStore>(*request.folder, clock);
    }
    return std::make_unique<store::KubernetesStore>(
        kubernetes::requireAccess(request.kubeconfig, request.context), clock);
}

std::string shown(const std::string& name) {
    constexpr std::size_t kMaxCharacters = 253;
    return runtime::quoted(name, kMaxCharacters);
}

class HandOverCommand {
  public:
    HandOverCommand(const HandOverRequest& request, const Clock& clock)
        : request_(request),
          clock_(clock),
          store_(open(request, clock)),
          began_(clock.now()),
          limits_{began_ + request.timeout, {}} {}

    Outcome run() {
        for (;;) {
            const auto found = store_->get(request_.lease, limits_);
            if (!found) {
                return failed("read", found.error());
            }
            const std::optional<Lease>& lease = found.value();
            if (!lease) {
                return {
                    config::kExitFailure,
                    fmt::format("there is no Lease {}: name another Lease, or another --namespace",
                                request_.lease.text())};
            }
            if (auto done = withoutAsking(lease->record)) {
                return *std::move(done);
            }
            LeaseRecord record = lease->record;
            record.handOver.to = heirOf(record);
            record.handOver.text =
                kubernetes::handOverText(record.holder, lease->revision.text(), record.handOver.to);
            const auto written = store_->update(request_.lease, *lease, record, limits_);
            if (written) {
                return request_.waits ? awaitSuccessor(record) : asked(record);
            }
            // Its holder renews it every now and then.
            if (!election::mayBeLostRace(written.error().kind) || isLate()) {
                return failed("write", written.error());
            }
            pause();
        }
    }

  private:
    std::optional<Outcome> withoutAsking(const LeaseRecord& record) const {
        const std::string name = request_.lease.text();
        if (isUnheld(record)) {
            return Outcome{config::kExitNobodyLeads,
                           fmt::format("nobody holds the Lease {}: there is nobody to ask", name)};
        }
        if (record.holder == request_.to) {
            return Outcome{config::kExitSuccess,
                           fmt::format("{} leads already", shown(request_.to))};
        }
        if (record.session.empty()) {
            return Outcome{
                config::kExitFailure,
                fmt::format("{}, which holds the Lease {}, is no leader-elector and knows no "
                            "hand-over: stop it instead",
                            shown(record.holder), name)};
        }
        const std::string heir = heirOf(record);
        if (heir.empty()) {
            return Outcome{
                config::kExitFailure,
                fmt::format("no Pod but {} is known to campaign for the Lease {}: start another, "
                            "or name a candidate that is no Pod by hand-over --to",
                            shown(record.holder), name)};
        }
        // Where the holder is none of them, candidates are not called by their Pods.
        if (isKnown(record.holder) && !isKnown(heir)) {
            return Outcome{
                config::kExitFailure,
                fmt::format("{} does not campaign for the Lease {}: name one of {} by --to",
                            shown(heir), name, fmt::join(request_.candidates, ", "))};
        }
        return std::nullopt;
    }

    bool isKnown(const std::string& id) const {
        return std::ranges::find(request_.candidates, id) != request_.candidates.end();
    }

    // Whom the holder is asked to hand over to; "" where nobody is known.
    std::string heirOf(const LeaseRecord& record) const {
        if (!request_.to.empty()) {
            return request_.to;
        }
        const auto& candidates = request_.candidates;
        const auto other = std::ranges::find_if(
            candidates, [&record](const std::string& id) { return id != record.holder; });
        return other == candidates.end() ? "" : *other;
    }

    Outcome asked(const LeaseRecord& record) const {
        return {config::kExitSuccess,
                fmt::format("{} is asked to hand over the Lease {} to {}", shown(record.holder),
                            request_.lease.text(), shown(record.handOver.to))};
    }

    Outcome awaitSuccessor(const LeaseRecord& before) const {
        std::string state = "the Lease was not read again";
        while (!isLate()) {
            pause();
            const auto found = store_->get(request_.lease, limits_);
            if (!found) {
                state = isLate() ? state : found.error().message;
                continue;
            }
            const std::optional<Lease>& lease = found.value();
            const LeaseRecord now = lease ? lease->record : LeaseRecord();
            if (now.transitions == before.transitions || isUnheld(now)) {
                state = isUnheld(now) ? "nobody leads" : whyNotYet(before, now);
                continue;
            }
            const auto took =
                std::chrono::duration_cast<std::chrono::milliseconds>(clock_.now() - began_);
            const bool isHeir =
                request_.to.empty() ? now.holder != before.holder : now.holder == request_.to;
            return {isHeir ? config::kExitSuccess : config::kExitFailure,
                    fmt::format("{} leads{}, {} after {} was asked", shown(now.holder),
                                isHeir ? ""
                                       : fmt::format(", and not {}, which did not take the Lease "
                                                     "within 300 ms of its release",
                                                     shown(before.handOver.to)),
                                runtime::formatDuration(took), shown(before.holder))};
        }
        return {config::kExitFailure,
                fmt::format("within {}: {}", runtime::formatDuration(request_.timeout), state)};
    }

    // A leader that reads the order takes it away with its next write, though it may drain long.
    static std::string whyNotYet(const LeaseRecord& before, const LeaseRecord& now) {
        return shown(now.holder) + " has not handed over" +
               (now.handOver.text == before.handOver.text
                    ? ", and the order still stands in the Lease: its elector is cut off, or too "
                      "old for a hand-over; delete its Pod instead"
                    : "; who drains for longer needs a longer --timeout");
    }

    Outcome failed(const char* verb, const election::ApiError& error) const {
        return {config::kExitFailure, fmt::format("cannot {} the Lease {}: {}", verb,
                                                  request_.lease.text(), error.message)};
    }

    bool isLate() const { return clock_.now() >= limits_.deadline; }
    void pause() const {
        constexpr std::chrono::milliseconds kPause{100};
        runtime::Wake().waitUntil(clock_.now() + kPause);
    }

    const HandOverRequest& request_;
    const Clock& clock_;
    const std::unique_ptr<store::LeaseStore> store_;
    const election::Instant began_;
    const store::CallLimits limits_;
};

}  // namespace

int runHandOver(const HandOverRequest& request, const Clock& clock, std::ostream& out,
                std::ostream& err) {
    const Outcome outcome = HandOverCommand(request, clock).run();
    (outcome.exitCode == config::kExitSuccess ? out : err) << outcome.sentence << '\n';
    return outcome.exitCode;
}

}  // namespace elector::commands
