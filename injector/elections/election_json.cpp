#include "injector/elections/election_json.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>

#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"

namespace injector::elections {
namespace {

using elector::runtime::jsonString;

template <typename Entries, typename Print>
std::string array(const Entries& entries, Print print) {
    std::string text = "[";
    for (const auto& entry : entries) {
        text += text.size() > 1 ? "," : "";
        text += print(entry);
    }
    return text += "]";
}

const char* stateOf(const Candidate& candidate, const std::string& leader) {
    if (candidate.name == leader) {
        return "leads";
    }
    if (candidate.campaigns) {
        return "follows";
    }
    return candidate.problem.empty() ? "is ending" : "has no sidecar";
}

}  // namespace

std::string electionJson(const Election& election, const std::function<std::string(Instant)>& at,
                         Watched watched) {
    const auto orNull = [&at](const std::optional<Instant>& instant) {
        return instant ? at(*instant) : "null";
    };
    std::string text = fmt::format(
        R"({{"namespace":{},"lease":{},"workload":{},"leader":{},"node":{},"since":{},"renewed":{},)"
        R"("expires":{},"leaseDurationSeconds":{},"transitions":{})",
        jsonString(election.lease.space), jsonString(election.lease.name),
        jsonString(election.workload), jsonString(election.holder), jsonString(election.node),
        orNull(election.heldSince), at(election.renewed),
        election.isForLife || election.holder.empty() ? "null"
                                                      : at(election.renewed + election.duration),
        std::chrono::duration_cast<std::chrono::seconds>(election.duration).count(), election.term);
    text += R"(,"candidates":)" + array(election.candidates, [&](const Candidate& each) {
                return fmt::format(R"({{"name":{},"node":{},"state":"{}"}})", jsonString(each.name),
                                   jsonString(each.node), stateOf(each, election.holder));
            });
    text += R"(,"warnings":)" + array(election.warnings, [](const std::string& warning) {
                return jsonString(warning);
            });
    if (watched == Watched::Yes) {
        text += fmt::format(
            R"(,"token":{},"leaderlessMs":{},"leaderlessSince":{})", jsonString(election.token),
            elector::runtime::milliseconds(election.leaderless), orNull(election.leaderlessSince));
        text += R"(,"spans":)" + array(election.spans, [&](const Span& span) {
                    return fmt::format(R"({{"leader":{},"from":{},"to":{}}})",
                                       jsonString(span.holder), at(span.from), orNull(span.to));
                });
        text += R"(,"takeovers":)" + array(election.takeovers, [&](const Takeover& each) {
                    return fmt::format(R"({{"at":{},"to":{},"how":{}}})", at(each.at),
                                       jsonString(each.to), jsonString(each.how));
                });
    }
    return text += "}";
}

}  // namespace injector::elections
