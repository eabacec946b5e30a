#include "tests/simulation/wording.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <variant>

namespace elector::simulation {
namespace {

using election::ApiError;
using election::Lease;

std::string wordsFor(const Lease& lease) {
    const election::LeaseRecord& record = lease.record;
    return fmt::format("{}@{} holder={} session={} L={}s{}{}{}{}{}{}", lease.uid,
                       lease.revision.text(), record.holder, record.session,
                       record.duration ? record.duration->count() : -1,
                       record.degraded.empty() ? "" : " degraded=", record.degraded,
                       record.preferredHolder.empty() ? "" : " preferred=", record.preferredHolder,
                       record.handOver.text.empty() ? "" : " hand-over=", record.handOver.text);
}

std::string wordsFor(const std::optional<Lease>& lease) {
    return lease ? wordsFor(*lease) : "none";
}

struct Words {
    std::string operator()(const election::ReadAnswered& event) const {
        const auto* error = std::get_if<ApiError>(&event.answer);
        return error != nullptr ? error->message
                                : wordsFor(std::get<std::optional<Lease>>(event.answer));
    }
    std::string operator()(const election::WriteAnswered& event) const {
        const auto* error = std::get_if<ApiError>(&event.answer);
        return error != nullptr ? error->message
                                : wordsFor(std::get<election::Landed>(event.answer).lease);
    }
    std::string operator()(const election::Listed& event) const { return wordsFor(event.lease); }
    std::string operator()(const election::Changed& event) const { return wordsFor(event.lease); }
    std::string operator()(const election::HealthChanged& event) const {
        return event.healthy ? "healthy" : "unhealthy";
    }
    std::string operator()(const election::WatchFailed& event) const { return event.error.message; }
    template <typename Other>
    std::string operator()(const Other& /*event*/) const {
        return {};
    }
};

std::string seconds(election::Duration duration) {
    return fmt::format("{:.6f}", std::chrono::duration<double>(duration).count());
}

}  // namespace

std::string wordsFor(const char* phase, const char* kind, const election::Event& event,
                     const election::Actions& actions, const election::Standing& standing,
                     const election::Moment& now) {
    std::string line = fmt::format("[own {}] {}, {}: {}", seconds(now.boot.time_since_epoch()),
                                   phase, kind, std::visit(Words{}, event));
    for (const election::Note& note : actions.notes) {
        line += fmt::format(" | {} {}", toString(note.kind), note.detail);
    }
    if (actions.request) {
        const auto* write = std::get_if<election::WriteRequest>(&*actions.request);
        line += std::string(" | asks to ") +
                (write == nullptr ? "read" : election::toString(write->intent));
    }
    if (actions.announceNo) {
        line += " | announce no";
    }
    if (actions.finished) {
        line += " | finished";
    }
    if (standing.term) {
        line += fmt::format(" | leads with {} for {} s", standing.term->token.text(),
                            seconds(standing.term->validUntil - now.boot));
    }
    return line;
}

std::string wordsFor(const election::WriteRequest& request, const Lease& stored) {
    return fmt::format("landed, {}: {}", election::toString(request.intent), wordsFor(stored));
}

}  // namespace elector::simulation
