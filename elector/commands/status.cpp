#include "elector/commands/status.h"

#include <fmt/format.h>

#include <ostream>
#include <string>
#include <string_view>
#include <variant>

#include "elector/commands/ask.h"
#include "elector/commands/leader_answer.h"
#include "elector/runtime/log.h"

namespace elector::commands {

namespace {

constexpr std::size_t kMaxCharacters = 253;  // of a name
constexpr std::size_t kMaxTrouble = 1000;

std::string shown(const std::string& text) {
    return runtime::quoted(text, kMaxCharacters);
}

std::string headline(const LeaderAnswer& answer) {
    if (answer.isLeader) {
        return fmt::format("{} leads: the one that was asked\n", shown(answer.leader));
    }
    if (answer.leader.empty()) {
        return fmt::format("nobody leads; {} was asked\n", shown(answer.id));
    }
    return fmt::format("{} leads; {} was asked\n", shown(answer.leader), shown(answer.id));
}

std::string line(std::string_view name, const std::string& value) {
    return value.empty() ? "" : fmt::format("  {:<14} {}\n", name, shown(value));
}

std::string inWords(const LeaderAnswer& answer) {
    std::string text = headline(answer);
    text += line("lease", answer.lease.value_or(""));
    text += line("lease uid", answer.leaseUid.value_or(""));
    text += line("fencing token", answer.fencingToken.value_or(""));
    text += line("transitions", answer.transitions ? std::to_string(*answer.transitions) : "");
    text += line("acquired", answer.acquireTime.value_or(""));
    text += line("renewed", answer.renewTime.value_or(""));
    const std::int64_t valid = answer.validForMs.value_or(0);
    text += line("valid for", valid > 0 ? fmt::format("{} ms", valid) : "");
    if (const std::string trouble = answer.trouble.value_or(""); !trouble.empty()) {
        text += fmt::format("  {:<14} {}\n", "trouble", runtime::onOneLine(trouble, kMaxTrouble));
    }
    return text;
}

// The elector's JSON, as one line.
std::string asJson(std::string body) {
    body.erase(body.find_last_not_of(" \t\r\n") + 1);
    return body + "\n";
}

int exitCodeOf(const LeaderAnswer& answer) {
    if (answer.isLeader) {
        return config::kExitSuccess;
    }
    return answer.leader.empty() ? config::kExitNobodyLeads : config::kExitFailure;
}

}  // namespace

int runStatus(const config::StatusRequest& request, const runtime::Clock& clock, std::ostream& out,
              std::ostream& err) {
    const auto asked = ask(request.address, "/api/leader", request.timeout, clock);
    if (const auto* none = std::get_if<NoAnswer>(&asked)) {
        err << none->reason << '\n';
        return config::kExitNoAnswer;
    }
    const auto& http = std::get<HttpAnswer>(asked);
    const auto answer = http.status == 200 ? parseLeaderAnswer(http.body) : std::nullopt;
    if (!answer) {
        err << fmt::format("what answers at {} is no elector: it says {} \"{}\"\n",
                           request.address.text(), http.status, runtime::quoted(http.body));
        return config::kExitNoAnswer;
    }
    out << (request.output == config::Output::Json ? asJson(http.body) : inWords(*answer));
    return exitCodeOf(*answer);
}

}  // namespace elector::commands
