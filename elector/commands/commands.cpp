#include "elector/commands/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "elector/kubernetes/connection.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::commands {

// ------------------------------------------------------------------------------------------ asking

namespace {

using kubernetes::ApiError;
using kubernetes::Connection;
using kubernetes::ErrorKind;
using kubernetes::Result;

std::vector<std::string> addressesOf(const std::string& host) {
    return host == "localhost" ? std::vector<std::string>{"127.0.0.1", "::1"}
                               : std::vector<std::string>{host};
}

// Opens the connection to the first of the addresses that accepts; why the first one did not, if
// none does.
Result<kubernetes::Done> open(Connection& connection, const config::Address& address) {
    Result<kubernetes::Done> first = kubernetes::Done();
    for (const std::string& host : addressesOf(address.host)) {
        auto opened = connection.open({false, host, address.port, ""}, nullptr);
        if (opened || opened.error().kind == ErrorKind::TimedOut) {
            return opened;
        }
        if (first) {
            first = std::move(opened);
        }
    }
    return first;
}

Result<HttpAnswer> exchange(Connection& connection, const config::Address& address,
                            const kubernetes::Request& request) {
    const auto head = begin(connection, address, request);
    if (!head) {
        return head.error();
    }
    std::string body;
    const auto read = connection.readRest([&body](std::string_view bytes) {
        body += bytes;
        return body.size() <= kMaxBodyBytes
                   ? std::nullopt
                   : std::optional(
                         ApiError{ErrorKind::Malformed, 0, std::nullopt,
                                  fmt::format("the answer has more than {} bytes", kMaxBodyBytes)});
    });
    if (!read) {
        return read.error();
    }
    return HttpAnswer{head.value().status, std::move(body)};
}

}  // namespace

Result<kubernetes::Head> begin(Connection& connection, const config::Address& address,
                               const kubernetes::Request& request) {
    if (auto opened = open(connection, address); !opened) {
        return std::move(opened).error();
    }
    if (auto sent = connection.send(request, ""); !sent) {
        return std::move(sent).error();
    }
    return connection.receiveHead();
}

std::variant<HttpAnswer, NoAnswer> ask(const config::Address& address, const std::string& path,
                                       election::Duration timeout, const runtime::Clock& clock,
                                       const std::string& body) {
    Connection connection(clock);
    connection.setLimits({clock.now() + timeout, {}});
    auto answer =
        exchange(connection, address,
                 {.method = body.empty() ? kubernetes::Method::Get : kubernetes::Method::Post,
                  .path = path,
                  .body = body});
    if (answer) {
        return std::move(answer).value();
    }
    return NoAnswer{fmt::format("no elector answers at {} within {}: {}", address.text(),
                                runtime::formatDuration(timeout), answer.error().message)};
}

// ------------------------------------------------------------------------------------------- probe

namespace {

// The first line of the body, fit to be printed: the reason, where there is one.
std::string reasonIn(const HttpAnswer& answer) {
    constexpr std::size_t kMaxCharacters = 500;
    return runtime::quoted(answer.body.substr(0, answer.body.find_first_of("\r\n")),
                           kMaxCharacters);
}

}  // namespace

int runProbe(const config::ProbeRequest& request, const runtime::Clock& clock, std::ostream& out) {
    const bool live = request.probe == config::Probe::Live;
    const auto asked = ask(request.address, live ? "/healthz" : "/readyz", request.timeout, clock);
    if (const auto* none = std::get_if<NoAnswer>(&asked)) {
        out << none->reason << '\n';
        return config::kExitFailure;
    }
    const auto& answer = std::get<HttpAnswer>(asked);
    if (answer.status != 200) {
        out << fmt::format("not {}: {} {}\n", live ? "live" : "ready", answer.status,
                           reasonIn(answer));
        return config::kExitFailure;
    }
    out << reasonIn(answer) << '\n';
    return config::kExitSuccess;
}

// --------------------------------------------------------------------------------- leader answer

namespace {

using json_text::Kind;

// Thrown and caught in this file alone: one way out of a dozen reads.
class WrongType : public std::exception {};

std::optional<std::string_view> optionalField(std::string_view object, std::string_view name,
                                              Kind kind) {
    const auto value = json_text::member(object, name);
    if (value && json_text::kindOf(*value) != kind) {
        throw WrongType();
    }
    return value;
}

std::optional<std::string> optionalText(std::string_view object, std::string_view name) {
    const auto value = optionalField(object, name, Kind::String);
    const auto text = value ? json_text::stringIn(*value) : std::nullopt;
    if (value && !text) {
        throw WrongType();
    }
    return text;
}

std::optional<std::int64_t> optionalInteger(std::string_view object, std::string_view name) {
    const auto value = optionalField(object, name, Kind::Number);
    const auto number = value ? json_text::integerIn(*value) : std::nullopt;
    if (value && !number) {
        throw WrongType();
    }
    return number;
}

template <typename T>
T required(std::optional<T> value) {
    if (!value) {
        throw WrongType();
    }
    return *std::move(value);
}

LeaderAnswer answerFrom(std::string_view object) {
    return {.leader = required(optionalText(object, "leader")),
            .id = required(optionalText(object, "id")),
            .isLeader = required(optionalField(object, "isLeader", Kind::Boolean)) == "true",
            .lease = optionalText(object, "lease"),
            .fencingToken = optionalText(object, "fencingToken"),
            .leaseUid = optionalText(object, "leaseUID"),
            .acquireTime = optionalText(object, "acquireTime"),
            .renewTime = optionalText(object, "renewTime"),
            .transitions = optionalInteger(object, "transitions"),
            .validForMs = optionalInteger(object, "validForMs"),
            .validUntilBoottimeMs = optionalInteger(object, "validUntilBoottimeMs"),
            .leadsForLife = optionalField(object, "leadsForLife", Kind::Boolean) == "true",
            .trouble = optionalText(object, "trouble")};
}

// JSON has control characters only between its tokens, and there only these.
bool isPrintable(const std::string& text) {
    return runtime::isUtf8(text) && std::ranges::none_of(text, [](char c) {
               const auto byte = static_cast<unsigned char>(c);
               return (byte < 0x20 && c != '\n' && c != '\r' && c != '\t') || byte == 0x7f;
           });
}

}  // namespace

std::optional<LeaderAnswer> parseLeaderAnswer(const std::string& body) {
    if (!isPrintable(body) || !json_text::isValid(body)) {
        return std::nullopt;
    }
    try {
        const LeaderAnswer answer = answerFrom(body);
        const bool namesItself = !answer.id.empty() && answer.leader == answer.id;
        return answer.isLeader == namesItself ? std::optional(answer) : std::nullopt;
    } catch (const WrongType&) {
        return std::nullopt;
    }
}

// ---------------------------------------------------------------------------------------- status

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
    if (answer.leadsForLife) {
        text += fmt::format("  {:<14} for life by {} until its Pod is deleted\n", "held",
                            shown(answer.leader));
    }
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

// ------------------------------------------------------------------------------------- step down

int runStepDown(const config::StepDownRequest& request, const runtime::Clock& clock,
                std::ostream& out, std::ostream& err) {
    std::string body = "{}";
    const auto add = [&body](std::string_view name, const std::string& value) {
        if (!value.empty()) {
            body = json_text::withMember(body, name, runtime::jsonString(value));
        }
    };
    add("token", request.token);
    add("backOff", request.backOff);
    add("to", request.to);
    const auto asked = ask(request.address, "/api/step-down", request.timeout, clock, body);
    if (const auto* none = std::get_if<NoAnswer>(&asked)) {
        err << none->reason << '\n';
        return config::kExitNoAnswer;
    }
    const auto& answer = std::get<HttpAnswer>(asked);
    const bool taken = answer.status == 202 && json_text::isValid(answer.body);
    if (!taken) {
        err << fmt::format("refused: {} {}\n", answer.status, reasonIn(answer));
        return config::kExitFailure;
    }
    const auto drain = json_text::integerIn(json_text::member(answer.body, "drainMs").value_or(""));
    out << fmt::format("steps down: the term {} ends, and the Lease is released in {} ms\n",
                       shown(json_text::textAt(answer.body, "token")), drain.value_or(0));
    return config::kExitSuccess;
}

}  // namespace elector::commands
