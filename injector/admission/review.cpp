#include "injector/admission/review.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <optional>
#include <utility>
#include <vector>

#include "elector/kubernetes/json_text.h"
#include "elector/runtime/escape.h"
#include "injector/admission/json_object.h"
#include "injector/admission/sentence.h"

namespace injector::admission {

namespace {

namespace json_text = elector::kubernetes::json_text;
using json_text::Kind;

constexpr const char* kApiVersion = "admission.k8s.io/v1";
constexpr const char* kKind = "AdmissionReview";

// What of a review's request bears on the answer.
struct Request {
    std::string_view rawUid;  // with its quotes, to be echoed as it is
    std::string subject;      // what it is about: "v1 pods"
    bool isPod = false;
    bool isCreation = false;
    std::string space;
    std::optional<std::string_view> object;
};

std::string textOf(std::string_view object, std::string_view key) {
    const auto value = json_text::member(object, key);
    return value ? json_text::stringIn(*value).value_or("") : "";
}

// "apps/v1 deployments", "v1 pods/exec".
std::string subjectOf(std::string_view request) {
    const std::string_view resource = json_text::member(request, "resource").value_or("");
    const std::string group = textOf(resource, "group");
    const std::string part = textOf(request, "subResource");
    return fmt::format("{}{}{} {}{}{}", group, group.empty() ? "" : "/",
                       textOf(resource, "version"), textOf(resource, "resource"),
                       part.empty() ? "" : "/", part);
}

Request requestIn(std::string_view request) {
    Request result;
    result.rawUid = json_text::member(request, "uid").value_or("");
    result.subject = subjectOf(request);
    result.isPod = result.subject == "v1 pods";
    result.isCreation = textOf(request, "operation") == "CREATE";
    result.space = textOf(request, "namespace");
    result.object = json_text::member(request, "object");
    return result;
}

// Why `body` is no review, or "".
std::string complaintAbout(std::string_view body) {
    if (!json_text::isValid(body)) {
        return fmt::format("the body is no JSON, or nested deeper than {}", json_text::kMaxDepth);
    }
    if (textOf(body, "apiVersion") != kApiVersion || textOf(body, "kind") != kKind) {
        return fmt::format("the body is no {} of {}", kKind, kApiVersion);
    }
    const auto request = json_text::member(body, "request");
    if (!request || json_text::kindOf(*request) != Kind::Object) {
        return fmt::format("the {} has no request", kKind);
    }
    return textOf(*request, "uid").empty() ? fmt::format("the {} has a request without uid", kKind)
                                           : "";
}

std::string base64(std::string_view text) {
    // Four characters for each three bytes begun, and the zero that OpenSSL puts behind them.
    std::string encoded((text.size() + 2) / 3 * 4 + 1, '\0');
    const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                                       reinterpret_cast<const unsigned char*>(text.data()),
                                       static_cast<int>(text.size()));
    encoded.resize(static_cast<std::size_t>(length));
    return encoded;
}

Decision failure(std::string reason) {
    Decision decision;
    decision.verdict = Verdict::Failed;
    decision.reason = std::move(reason);
    return decision;
}

Decision decide(const Request& request, const Defaults& defaults) {
    if (!request.isPod) {
        return failure(sentenceAbout("the injector was asked about ", request.subject,
                                     ", and changes Pods (v1 pods) alone", kMaxReasonBytes));
    }
    if (!request.isCreation) {
        return {};
    }
    if (!request.object) {
        return failure("the request has no object");
    }
    return admit(*request.object, request.space, defaults);
}

// A warning for the maker of the Pod, or "".
std::string warningOf(const Decision& decision) {
    switch (decision.verdict) {
        case Verdict::Skipped:
        case Verdict::Failed:
            return "no leader-elector was injected: " + decision.reason;
        case Verdict::NotAsked:
            return decision.reason;
        case Verdict::Injected:
        case Verdict::Already:
        case Verdict::Refused:
            break;
    }
    return "";
}

std::string answerTo(const Request& request, const Decision& decision) {
    const bool refused = decision.verdict == Verdict::Refused;
    JsonObject response;
    response.add("uid", request.rawUid).add("allowed", refused ? "false" : "true");
    if (refused) {
        // As the API server's own policies refuse: what was sent is wrong, and stays so when sent
        // again.
        response.add("status", JsonObject()
                                   .add("code", "422")
                                   .addText("reason", "Invalid")
                                   .addText("message", decision.reason)
                                   .text());
    }
    if (decision.patch != "[]") {
        response.addText("patchType", "JSONPatch").addText("patch", base64(decision.patch));
    }
    if (const std::string warning = warningOf(decision); !warning.empty()) {
        response.add("warnings", jsonArray({elector::runtime::jsonString(warning)}));
    }
    return JsonObject()
        .addText("apiVersion", kApiVersion)
        .addText("kind", kKind)
        .add("response", response.text())
        .text();
}

}  // namespace

ReviewAnswer review(std::string_view body, const Defaults& defaults) {
    if (std::string complaint = complaintAbout(body); !complaint.empty()) {
        return {.status = 400, .body = std::move(complaint), .verdict = Verdict::Failed};
    }
    const Request request = requestIn(*json_text::member(body, "request"));
    const Decision decision = decide(request, defaults);
    return {.status = 200, .body = answerTo(request, decision), .verdict = decision.verdict};
}

}  // namespace injector::admission
