#include "injector/dashboard/election_json.h"

#include <fmt/format.h>

#include <chrono>
#include <iterator>
#include <optional>

#include "elector/runtime/escape.h"

namespace injector::dashboard {
namespace {

using elections::Candidate;
using elections::Duration;
using elections::Election;
using elector::runtime::jsonString;

std::int64_t milliseconds(Duration duration) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

template <typename Entries, typename Print>
std::string array(const Entries& entries, Print print) {
    std::string text = "[";
    for (const auto& entry : entries) {
        text += text.size() > 1 ? "," : "";
        text += print(entry);
    }
    return text += "]";
}

const char* stateOf(const Candidate& candidate, const std::string& holder) {
    if (candidate.name == holder) {
        return "leads";
    }
    if (candidate.campaigns) {
        return "follows";
    }
    return candidate.problem.empty() ? "is ending" : "has no sidecar";
}

std::string candidateJson(const Candidate& candidate, const std::string& holder) {
    return fmt::format(R"({{"name":{},"node":{},"state":"{}"}})", jsonString(candidate.name),
                       jsonString(candidate.node), stateOf(candidate, holder));
}

}  // namespace

std::string electionJson(const Election& election,
                         const std::function<std::int64_t(elections::Instant)>& at) {
    const auto orNull = [&at](const std::optional<elections::Instant>& instant) {
        return instant ? std::to_string(at(*instant)) : "null";
    };
    std::string text = fmt::format(
        R"({{"key":{},"namespace":{},"name":{},"workload":{},"holder":{},"node":{},"heldSince":{},)"
        R"("token":{},"term":{},"renewedAt":{},"durationMs":{},"expiresAt":{},"leaderlessMs":{},)"
        R"("leaderlessSince":{})",
        jsonString(election.lease.text()), jsonString(election.lease.space),
        jsonString(election.lease.name), jsonString(election.workload), jsonString(election.holder),
        jsonString(election.node), orNull(election.heldSince), jsonString(election.token),
        election.term, at(election.renewed), milliseconds(election.duration),
        election.isForLife || election.holder.empty()
            ? "null"
            : std::to_string(at(election.renewed + election.duration)),
        milliseconds(election.leaderless), orNull(election.leaderlessSince));
    text += R"(,"candidates":)" + array(election.candidates, [&](const Candidate& candidate) {
                return candidateJson(candidate, election.holder);
            });
    text += R"(,"spans":)" + array(election.spans, [&](const elections::Span& span) {
                return fmt::format(R"({{"holder":{},"from":{},"to":{}}})", jsonString(span.holder),
                                   at(span.from), orNull(span.to));
            });
    text += R"(,"takeovers":)" + array(election.takeovers, [&](const elections::Takeover& each) {
                return fmt::format(R"({{"at":{},"to":{},"how":{}}})", at(each.at),
                                   jsonString(each.to), jsonString(each.how));
            });
    text += R"(,"warnings":)" + array(election.warnings, [](const std::string& warning) {
                return jsonString(warning);
            });
    return text += "}";
}

}  // namespace injector::dashboard
