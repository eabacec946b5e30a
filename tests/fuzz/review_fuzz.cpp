// The bytes that the webhook reads from an API server, to the bytes that it answers. The input is
// the body of the request.
#include <fmt/format.h>

#include <Poco/Base64Decoder.h>

#include <iterator>
#include <sstream>
#include <string>
#include <string_view>

#include "elector/runtime/json_text.h"
#include "injector/admission/admission.h"
#include "injector/admission/review.h"
#include "injector/admission/sentence.h"
#include "tests/fuzz/property.h"
#include "tests/fuzz/survival.h"

namespace fuzz {
namespace {

namespace json_text = elector::json_text;
using injector::admission::Defaults;
using injector::admission::ReviewAnswer;
using injector::admission::Verdict;
using json_text::Kind;
using json_text::member;

Defaults someDefaults() {
    Defaults defaults;
    defaults.values["image"] = "leader-elector:fuzz";
    defaults.releaseNamespace = "leader-elector";
    return defaults;
}

ReviewAnswer answerTo(std::string_view body) {
    static const Defaults kDefaults = someDefaults();
    return injector::admission::review(body, kDefaults);
}

std::string decoded(const std::string& base64) {
    std::istringstream input(base64);
    Poco::Base64Decoder decoder(input);
    decoder.exceptions(std::ios::badbit);
    return {std::istreambuf_iterator<char>(decoder), {}};
}

std::string_view part(std::string_view object, std::string_view key) {
    return member(object, key).value_or("");
}

// The JSON Patch of an answer; "" where it brings none.
std::string patchOf(std::string_view response) {
    const auto patch = member(response, "patch");
    require(patch.has_value() == member(response, "patchType").has_value(),
            "a patch comes with its type, and no type without one", response);
    if (!patch) {
        return "";
    }
    require(json_text::stringIn(part(response, "patchType")) == "JSONPatch",
            "a patch is a JSONPatch", response);
    const auto encoded = json_text::stringIn(*patch);
    require(encoded.has_value(), "a patch is a text", response);
    auto text = decoded(*encoded);
    require(json_text::isValid(text) && json_text::kindOf(text) == Kind::Array,
            "a patch is an array in base64", text);
    require(!json_text::elementsOf(text).empty(), "a patch that does nothing is left out", text);
    return text;
}

void judgeRefusal(std::string_view response, const ReviewAnswer& answer) {
    const auto allowed = part(response, "allowed");
    const bool refused = answer.verdict == Verdict::Refused;
    require(allowed == (refused ? "false" : "true"),
            "all is allowed but what is refused for its annotations", response);
    require(refused == member(response, "status").has_value(), "what is refused says why",
            response);
    if (refused) {
        const auto status = part(response, "status");
        require(part(status, "code") == "422", "a refusal is final for what was sent", response);
        requireSentence(json_text::stringIn(part(status, "message")).value_or(""),
                        injector::admission::kMaxSentenceBytes);
        require(patchOf(response).empty(), "what is refused is not patched", response);
    }
    for (const auto warning : json_text::elementsOf(part(response, "warnings"))) {
        requireSentence(json_text::stringIn(warning).value_or(""),
                        injector::admission::kMaxSentenceBytes);
    }
}

// The patch applies, takes nothing away, and is not asked for again of what it made.
void judgePatch(std::string_view body, const std::string& patch) {
    const auto request = part(body, "request");
    const auto object = part(request, "object");
    std::string patched;
    try {
        patched = injector::admission::apply(object, patch);
    } catch (const std::invalid_argument& problem) {
        require(false, "the patch fits the Pod that it was made for", problem.what());
    }
    require(json_text::isValid(patched), "the patched Pod is JSON", patched);
    require(survives(object, patched), "a patch only adds", patched);
    const auto again = answerTo(
        json_text::withMember(body, "request", json_text::withMember(request, "object", patched)));
    require(again.status == 200, "the patched Pod can be reviewed", again.body);
    require(again.verdict == Verdict::Already || again.verdict == Verdict::Skipped,
            "a patched Pod has its sidecar already, or its reason why not", again.body);
    require(patchOf(part(again.body, "response")).empty(), "injecting twice changes nothing",
            again.body);
}

}  // namespace

void judge(std::string_view body) {
    const auto answer = answerTo(body);
    require(answer.body == answerTo(body).body, "the same review has the same answer");
    if (answer.status != 200) {
        require(answer.status == 400, "what is no review is answered 400", answer.body);
        require(answer.verdict == Verdict::Failed, "what is no review counts as failed");
        requireSentence(answer.body, injector::admission::kMaxSentenceBytes);
        return;
    }
    require(json_text::isValid(answer.body), "an answer is JSON", answer.body);
    require(json_text::stringIn(part(answer.body, "apiVersion")) == "admission.k8s.io/v1" &&
                json_text::stringIn(part(answer.body, "kind")) == "AdmissionReview",
            "an answer is an AdmissionReview", answer.body);
    const auto response = part(answer.body, "response");
    const auto uid = json_text::stringIn(part(part(body, "request"), "uid"));
    require(uid && uid == json_text::stringIn(part(response, "uid")),
            "an answer carries the uid of its request", answer.body);
    judgeRefusal(response, answer);
    if (const auto patch = patchOf(response); !patch.empty()) {
        judgePatch(body, patch);
    }
}

}  // namespace fuzz
