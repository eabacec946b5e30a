#include "elector/term_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "elector/config/values.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector {
namespace {

using election::Revision;
using http::Later;
using http::Request;
using http::Response;

constexpr int kAccepted = 202;
constexpr int kBadRequest = 400;
constexpr int kForbidden = 403;
constexpr int kConflict = 409;
constexpr int kPreconditionFailed = 412;
constexpr int kUnsupportedMediaType = 415;

// A browser sends this type to another site only after it has asked, which is answered 405.
bool isJson(const Request& request) {
    const std::string_view type = request.head.field("Content-Type").value_or("");
    return http::equalsIgnoringCase(http::trimmed(type.substr(0, type.find(';'))), http::kJson);
}

Response notFromHere() {
    return Response::text(kForbidden, "Only programs in the same Pod may ask for this.\n");
}

}  // namespace

TermApi::TermApi(const StatusSource& source, Rules rules, StepDown stepDown, Read read)
    : source_(source),
      rules_(std::move(rules)),
      stepDown_(std::move(stepDown)),
      read_(std::move(read)) {}

void TermApi::addRoutes(http::Router& router) {
    router.answer("POST", "/api/step-down",
                  [this](const Request& request) { return stepDown(request); });
    router.answer("GET", "/api/token/verify",
                  [this](const Request& request) { return verify(request); }, {"token"});
}

Response TermApi::stepDown(const Request& request) {
    if (!request.remote.isLoopback()) {
        return notFromHere();
    }
    if (!rules_.refusal.empty()) {
        return Response::text(kForbidden, rules_.refusal + '\n');
    }
    if (!isJson(request)) {
        return Response::text(kUnsupportedMediaType, "Send Content-Type: application/json.\n");
    }
    auto order = orderIn(request.body);
    if (const auto* wrong = std::get_if<std::string>(&order)) {
        return Response::text(kBadRequest, *wrong + '\n');
    }
    auto& how = std::get<election::StepDownRequested>(order);
    const election::Answer answer = source_.answer();
    if (!answer.isLeader) {
        return Response::text(kConflict, source_.id() + " does not lead.\n");
    }
    if (!how.token.empty() && how.token != answer.fencingToken) {
        return Response::text(kPreconditionFailed, fmt::format("{} leads by the token {}.\n",
                                                               source_.id(), answer.fencingToken));
    }
    how.token = answer.fencingToken;
    stepDown_(std::move(how));
    using std::chrono::milliseconds;
    // As rule 13 says: all that was promised, and what programs may remember of it.
    const auto drain = std::chrono::ceil<milliseconds>(
        std::max<election::Duration>(rules_.drain, answer.validFor + milliseconds(1)) +
        rules_.timing.pollTolerance);
    Response response =
        Response::json(fmt::format(R"({{"token":{},"drainMs":{}}})",
                                   runtime::jsonString(answer.fencingToken), drain.count()) +
                       '\n');
    response.status = kAccepted;
    return response;
}

std::variant<Response, Later> TermApi::verify(const Request& request) {
    if (!request.remote.isLoopback()) {
        return notFromHere();
    }
    const auto given = request.parameters.find("token");
    const std::string text = given == request.parameters.end() ? "" : given->second;
    const auto token = Revision::parse(text);
    if (!token) {
        return Response::text(kBadRequest,
                              fmt::format("token={} is refused: {}.\n", runtime::jsonString(text),
                                          config::complaintAboutToken(text)));
    }
    return [this, token = *token](const http::Responder& responder) {
        read_([this, token, responder](const FreshReads::Reading& reading) {
            responder.respond(verdict(token, reading));
        });
    };
}

// The standing is asked for after the read: a term that has ended meanwhile is not confirmed.
Response TermApi::verdict(const Revision& token, const FreshReads::Reading& reading) const {
    if (!reading) {
        return Response::unavailable(reading.error().message + '\n');
    }
    const std::optional<election::Lease>& lease = reading.value();
    const election::Answer answer = source_.answer();
    const bool isHeld = lease && !election::isUnheld(lease->record);
    const bool isOurs =
        isHeld && lease->record.holder == source_.id() && lease->record.session == rules_.session;
    const std::string current = isOurs ? answer.fencingToken : "";
    if (token.text() == current) {
        return Response::json(
            fmt::format(R"({{"current":true,"token":{}}})", runtime::jsonString(current)) + '\n');
    }
    // Another's term has a greater token than each that this process had before (S3), and none
    // greater than the version of the Lease.
    const auto isPast = [&token](const std::string& own) {
        const auto mine = Revision::parse(own);
        return mine && token <= *mine;
    };
    if (isHeld && !isOurs && !isPast(answer.endedToken) && !isPast(answer.fencingToken) &&
        token <= lease->revision) {
        return Response::unavailable(
            fmt::format("{} leads: only its own elector knows the token of its term.\n",
                        runtime::quoted(lease->record.holder)));
    }
    Response response = Response::json(
        fmt::format(R"({{"current":false,"currentToken":{}}})", runtime::jsonString(current)) +
        '\n');
    response.status = kConflict;
    return response;
}

std::variant<election::StepDownRequested, std::string> TermApi::orderIn(
    std::string_view body) const {
    using json_text::Kind;
    if (!json_text::isValid(body) || json_text::kindOf(body) != Kind::Object) {
        return R"(The body is no JSON object, as {} or {"backOff":"10s"}.)";
    }
    election::StepDownRequested order{election::defaultPause(rules_.timing)};
    for (const json_text::Member& member : json_text::membersOf(body)) {
        const std::string value = json_text::stringIn(member.value).value_or("");
        std::string allowed;
        if (member.key == "token") {
            allowed = config::complaintAboutToken(value);
            order.token = value;
        } else if (member.key == "backOff") {
            allowed = config::complaintAboutDuration(value, "0s", "1h");
            order.pause = runtime::parseDuration(value).value_or(order.pause);
        } else if (member.key == "to") {
            allowed = value == source_.id() ? "this is the elector that is asked; name another"
                                            : config::complaintAboutId(value);
            order.to = value;
        } else {
            allowed = "it is unknown; allowed are token, backOff and to";
        }
        if (!allowed.empty()) {
            return fmt::format("The member {} is refused: {}.", runtime::jsonString(member.key),
                               allowed);
        }
    }
    return order;
}

}  // namespace elector
