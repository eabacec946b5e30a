#include "injector/admission/review.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <optional>
#include <utility>
#include <variant>

#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/admission/json_writer.h"
#include "injector/admission/pod_reader.h"
#include "injector/admission/sentence.h"

namespace injector::admission {

namespace {

namespace json_text = elector::json_text;
using json_text::fieldsOf;
using json_text::Kind;

constexpr const char* kApiVersion = "admission.k8s.io/v1";
constexpr const char* kKind = "AdmissionReview";

// Of a text that names something; those of Kubernetes are shorter.
constexpr std::size_t kMostNameBytes = 253;
// The API server's uids have 36 characters; an answer repeats them.
constexpr std::size_t kMostUidBytes = 1024;

// What of a review's request bears on the answer.
struct Request {
    std::string_view rawUid;  // with its quotes, to be echoed as it is
    std::string subject;      // what it is about: "v1 pods"
    bool isCreation = false;
    std::string space;
    std::optional<std::string_view> object;
};

// "" where there is no such text.
std::string textOf(std::optional<std::string_view> value) {
    return value ? shortTextIn(*value, kMostNameBytes).value_or("") : "";
}

// "apps/v1 deployments", "v1 pods/exec".
std::string subjectOf(std::string_view resource, const std::string& part) {
    const auto [rawGroup, version, name] = fieldsOf(resource, "group", "version", "resource");
    const std::string group = textOf(rawGroup);
    return fmt::format("{}{}{} {}{}{}", group, group.empty() ? "" : "/", textOf(version),
                       textOf(name), part.empty() ? "" : "/", part);
}

// Why a body is no review.
struct Complaint {
    std::string sentence;
};

std::variant<Request, Complaint> requestIn(std::string_view body) {
    if (!json_text::isValid(body)) {
        return Complaint{"the body is no JSON"};
    }
    const auto [apiVersion, kind, requested] = fieldsOf(body, "apiVersion", "kind", "request");
    if (textOf(apiVersion) != kApiVersion || textOf(kind) != kKind) {
        return Complaint{fmt::format("the body is no {} of {}", kKind, kApiVersion)};
    }
    const std::string_view request = requested.value_or("null");
    if (json_text::kindOf(request) != Kind::Object) {
        return Complaint{fmt::format("the {} has no request", kKind)};
    }
    const auto [uid, resource, part, operation, space, object] =
        fieldsOf(request, "uid", "resource", "subResource", "operation", "namespace", "object");
    if (uid && uid->size() > kMostUidBytes) {
        return Complaint{
            fmt::format("the {} has a request whose uid has {} bytes; allowed are at "
                        "most {}",
                        kKind, uid->size(), kMostUidBytes)};
    }
    if (textOf(uid).empty()) {
        return Complaint{fmt::format("the {} has a request without uid", kKind)};
    }
    const bool isNull = !object || json_text::kindOf(*object) == Kind::Null;
    return Request{.rawUid = uid.value_or(""),
                   .subject = subjectOf(resource.value_or(""), textOf(part)),
                   .isCreation = textOf(operation) == "CREATE",
                   .space = textOf(space),
                   .object = isNull ? std::nullopt : object};
}

// As a JSON string, in base64, of which no character needs an escape.
std::string base64String(std::string_view text) {
    // Four characters for each three bytes begun, between quotes; OpenSSL puts a zero behind them,
    // where the second quote comes.
    std::string encoded((text.size() + 2) / 3 * 4 + 2, '"');
    EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data() + 1),
                    reinterpret_cast<const unsigned char*>(text.data()),
                    static_cast<int>(text.size()));
    encoded.back() = '"';
    return encoded;
}

Decision failure(std::string reason) {
    Decision decision;
    decision.verdict = Verdict::Failed;
    decision.reason = std::move(reason);
    return decision;
}

Decision decide(const Request& request, const Defaults& defaults) {
    if (request.subject != "v1 pods") {
        return failure(sentenceAbout("the injector was asked about ", request.subject,
                                     ", and changes Pods (v1 pods) alone", kMaxReasonBytes));
    }
    if (!request.isCreation) {
        return {};
    }
    if (!request.object) {
        return failure("the request has no object");
    }
    return admitPart(*request.object, request.space, defaults);
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
        response.addText("patchType", "JSONPatch").add("patch", base64String(decision.patch));
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
    const auto reading = requestIn(body);
    if (const auto* complaint = std::get_if<Complaint>(&reading)) {
        return {
            .status = 400, .body = complaint->sentence, .verdict = Verdict::Failed, .cause = {}};
    }
    const auto& request = std::get<Request>(reading);
    const Decision decision = decide(request, defaults);
    return {.status = 200,
            .body = answerTo(request, decision),
            .verdict = decision.verdict,
            .cause = decision.cause};
}

}  // namespace injector::admission
