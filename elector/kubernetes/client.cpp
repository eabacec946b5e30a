#include "elector/kubernetes/client.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <limits>
#include <optional>
#include <utility>

#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace elector::kubernetes {

// ------------------------------------------------------------------------------------- credentials

namespace {

runtime::WallTime wallTimeOf(const ASN1_TIME& time) {
    std::tm parts{};
    ASN1_TIME_to_tm(&time, &parts);
    return std::chrono::time_point_cast<std::chrono::microseconds>(
        std::chrono::system_clock::from_time_t(timegm(&parts)));
}

ApiError unusable(std::string sentence) {
    return {ErrorKind::Unauthorized, 0, std::nullopt, std::move(sentence)};
}

}  // namespace

bool isToken(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char character) {
        return character > ' ' && character < '\x7f';
    });
}

Result<std::string> Credentials::authorization() {
    if (!access_.token) {
        return std::string();
    }
    const Instant now = clock_.now();
    if (!tokenRead_ || now - *tokenRead_ >= kTokenAge) {
        auto read = readToken(*access_.token);
        if (read) {
            token_ = std::move(read).value();
            tokenRead_ = now;
        } else if (!tokenRead_ && access_.spareToken.empty()) {
            return std::move(read).error();
        }
    }
    return "Bearer " + (tokenRead_ ? token_ : access_.spareToken);
}

bool Credentials::refreshToken() {
    if (!access_.token) {
        return false;
    }
    auto read = readToken(*access_.token);
    if (!read) {
        return false;
    }
    const bool differs = read.value() != (tokenRead_ ? token_ : access_.spareToken);
    tokenRead_ = clock_.now();
    token_ = std::move(read).value();
    return differs;
}

Result<std::string> Credentials::readToken(const Source& source) const {
    auto text = source.read();
    if (!text) {
        return unusable(text.error().message);
    }
    auto token = Poco::trim(text.value());
    if (!isToken(token)) {
        const auto path = source.path();
        return unusable(
            fmt::format("{} holds no token", path ? "the file " + path->string() : access_.origin));
    }
    return token;
}

Result<TlsMaterial> Credentials::readMaterial() const {
    TlsMaterial material;
    material.verify = !access_.skipVerify;
    material.peerName = access_.serverName.empty() ? access_.server.host : access_.serverName;
    const auto fill = [](const std::optional<Source>& source, std::string& text) -> Result<Done> {
        if (source) {
            auto read = source->read();
            if (!read) {
                return std::move(read).error();
            }
            text = std::move(read).value();
        }
        return Done();
    };
    for (const auto& outcome :
         {fill(access_.authorities, material.authorities),
          fill(access_.certificate, material.certificate), fill(access_.key, material.key)}) {
        if (!outcome) {
            return outcome.error();
        }
    }
    if (access_.authorities && material.authorities.empty()) {
        return ApiError{
            ErrorKind::Unreachable, 0, std::nullopt,
            fmt::format("{}: the certificate authority's file is empty", access_.origin)};
    }
    return material;
}

std::optional<std::string> Credentials::certificateFault() const {
    const auto chain = certificatesIn(material_.certificate);
    if (chain.empty()) {
        return std::nullopt;
    }
    const auto now = clock_.wall();
    const auto from = wallTimeOf(*X509_get0_notBefore(chain.front().get()));
    const auto until = wallTimeOf(*X509_get0_notAfter(chain.front().get()));
    if (now > until) {
        return fmt::format("the client certificate of {} ended at {}; renew it", access_.origin,
                           runtime::formatMicroTime(until));
    }
    if (now < from) {
        return fmt::format("the client certificate of {} is valid from {} on only", access_.origin,
                           runtime::formatMicroTime(from));
    }
    return std::nullopt;
}

Result<std::shared_ptr<const TlsContext>> Credentials::tls() {
    if (!access_.server.tls) {
        return std::shared_ptr<const TlsContext>();
    }
    auto material = readMaterial();
    if (!material) {
        // While a volume is being swapped, or the disk fails, the old trust is better than none.
        return context_ ? Result(context_) : Result<decltype(context_)>(material.error());
    }
    if (context_ && material.value() == material_) {
        return context_;
    }
    auto made = TlsContext::make(material.value());
    if (!made) {
        auto error = std::move(made).error();
        error.message = fmt::format("{}: {}", access_.origin, error.message);
        return context_ ? Result(context_) : Result<decltype(context_)>(std::move(error));
    }
    material_ = std::move(material).value();
    context_ = std::move(made).value();
    return context_;
}

// ---------------------------------------------------------------------------- what an answer means

namespace {

constexpr std::size_t kMaxMessage = 400;

// What is read of a Status object; all of it absent where the text is none.
struct Status {
    bool isStatus = false;
    std::string message;
    int code = 0;
    bool resourceVersionMissing = false;  // as the cause of an invalid object
};

// What an API server says of a PUT without a resourceVersion where there is an object already: the
// answer to the losers of racing creations (rule 10), and to nobody else. By the causes where there
// are some, else by the sentence.
bool saysResourceVersionMissing(std::string_view status, std::string_view message) {
    constexpr std::string_view kField = "metadata.resourceVersion";
    constexpr std::string_view kSentence = "must be specified for an update";
    const auto details = json_text::member(status, "details").value_or("");
    const auto causes = json_text::elementsOf(json_text::member(details, "causes").value_or(""));
    if (causes.empty()) {
        return message.find(kField) != std::string_view::npos &&
               message.find(kSentence) != std::string_view::npos;
    }
    return std::ranges::any_of(causes, [&](std::string_view cause) {
        return json_text::textAt(cause, "field") == kField &&
               json_text::textAt(cause, "message").find(kSentence) != std::string::npos;
    });
}

// A text that is no JSON is a page of a proxy, or a text of the API server's: only its number
// counts.
Status parseStatus(std::string_view text) {
    Status status;
    if (!json_text::isValid(text)) {
        return status;
    }
    status.isStatus = json_text::textAt(text, "kind") == "Status";
    status.message = json_text::textAt(text, "message");
    const auto code = json_text::integerIn(json_text::member(text, "code").value_or(""));
    if (code && *code > 0 && *code < std::numeric_limits<int>::max()) {
        status.code = static_cast<int>(*code);
    }
    status.resourceVersionMissing = saysResourceVersionMissing(text, status.message);
    return status;
}

ErrorKind kindOf(int status, const Status& content) {
    switch (status) {
        case 401:
            return ErrorKind::Unauthorized;
        case 403:
            return ErrorKind::Forbidden;
        case 404:
            return content.isStatus ? ErrorKind::NotFound : ErrorKind::Malformed;
        case 408:
            return ErrorKind::TimedOut;
        case 409:
            return ErrorKind::Conflict;
        case 410:
            return ErrorKind::Gone;
        case 422:
            return content.isStatus && content.resourceVersionMissing ? ErrorKind::Invalid
                                                                      : ErrorKind::Refused;
        case 429:
            return ErrorKind::Throttled;
        default:
            break;
    }
    constexpr int kFirstClientError = 400;
    constexpr int kFirstServerError = 500;
    if (status >= kFirstServerError) {
        return ErrorKind::Server;
    }
    return status >= kFirstClientError ? ErrorKind::Refused : ErrorKind::Malformed;
}

std::string shown(const Status& status, std::string_view body) {
    return runtime::onOneLine(status.message.empty() ? body : std::string_view(status.message),
                              kMaxMessage);
}

}  // namespace

ApiError statusError(int status, std::optional<std::chrono::seconds> retryAfter,
                     std::string_view body, std::string_view request) {
    const auto content = parseStatus(body);
    const auto sentence = shown(content, body);
    return {kindOf(status, content), status, retryAfter,
            fmt::format("the API server answered {} to {}{}{}", status, request,
                        sentence.empty() ? "" : ": ", sentence)};
}

bool canARoleMend(const ApiError& error, std::string_view resource) {
    return error.kind == ErrorKind::Forbidden &&
           error.message.find(" cannot ") != std::string::npos &&
           error.message.find(fmt::format("resource \"{}\"", resource)) != std::string::npos;
}

ApiError eventError(std::string_view statusObject) {
    const auto content = parseStatus(statusObject);
    return {content.code == 0 ? ErrorKind::Malformed : kindOf(content.code, content), content.code,
            std::nullopt,
            fmt::format("the watch ended with an error: {}", shown(content, statusObject))};
}

// ------------------------------------------------------------------------------------------ client

namespace {

constexpr int kUnauthorized = 401;
constexpr int kForbidden = 403;

bool isSuccess(int status) {
    return status >= 200 && status < 300;
}

bool isRedirect(int status) {
    return status >= 300 && status < 400;
}

ApiError malformed(std::string sentence) {
    return {ErrorKind::Malformed, 0, std::nullopt, std::move(sentence)};
}

using json_text::Keep;

constexpr std::array kMembersOfMetadata{Keep::Member{"managedFields", nullptr}};
constexpr Keep kMetadata{.members = kMembersOfMetadata};
constexpr std::array kMembersOfObject{Keep::Member{"metadata", &kMetadata}};

}  // namespace

constinit const Keep kWithoutManagedFields{.members = kMembersOfObject};

Client::Client(Access access, const runtime::Clock& clock)
    : credentials_(std::move(access), clock), connection_(clock) {}

Result<Response> Client::request(const Request& request, const Limits& limits) {
    const auto head = authorized(request, limits);
    if (!head) {
        return head.error();
    }
    if (!isSuccess(head.value().status)) {
        return refusalOf(head.value());
    }
    auto body = readBody(request.keep);
    if (!body) {
        connection_.close();
        return named(std::move(body).error());
    }
    return Response{head.value().status, std::move(body).value()};
}

Result<Done> Client::openStream(const Request& request, const Limits& limits) {
    const auto head = authorized(request, limits);
    if (!head) {
        return head.error();
    }
    if (!isSuccess(head.value().status)) {
        return refusalOf(head.value());
    }
    return Done();
}

Result<std::size_t> Client::readStream(char* buffer, std::size_t size) {
    auto got = connection_.readBody(buffer, size);
    if (!got) {
        connection_.close();
        return named(std::move(got).error());
    }
    return got;
}

Result<Head> Client::authorized(const Request& request, const Limits& limits) {
    auto head = exchange(request, limits);
    if (!head) {
        return head;
    }
    const int status = head.value().status;
    if (status != kUnauthorized && status != kForbidden) {
        return head;
    }
    const bool hasOtherToken = credentials_.refreshToken();
    if (status != kUnauthorized || !hasOtherToken) {
        return head;
    }
    if (const auto rest = readBody(); !rest) {
        connection_.close();
    }
    return exchange(request, limits);
}

Result<Head> Client::exchange(const Request& request, const Limits& limits) {
    connection_.setLimits(limits);
    asked_ = fmt::format("{} {}{}", toString(request.method), credentials_.server().text(),
                         request.path);
    bool maySendAgain = false;
    auto head = attempt(request, maySendAgain);
    if (!head && maySendAgain) {
        head = attempt(request, maySendAgain);
    }
    if (!head) {
        auto error = named(std::move(head).error());
        // A server that does not accept the certificate ends the session: by an alert, or by a
        // reset that overtakes it. Where none came about, that has other causes.
        if (error.kind == ErrorKind::Unreachable &&
            error.message.find("cannot connect") == std::string::npos &&
            error.message.find("cannot look up") == std::string::npos) {
            addCertificateFault(error);
        }
        return error;
    }
    return head;
}

Result<Head> Client::attempt(const Request& request, bool& maySendAgain) {
    maySendAgain = false;
    auto authorization = credentials_.authorization();
    if (!authorization) {
        return std::move(authorization).error();
    }
    bool isReused = false;
    auto outcome = makeReady(isReused);
    if (outcome) {
        outcome = connection_.send(request, authorization.value());
    }
    Result<Head> head = outcome ? connection_.receiveHead() : Result<Head>(outcome.error());
    if (!head) {
        maySendAgain = isReused && request.method == Method::Get && !connection_.answered() &&
                       head.error().kind == ErrorKind::Unreachable;
        connection_.close();
    }
    return head;
}

Result<Done> Client::makeReady(bool& isReused) {
    isReused = connection_.isFitForRequest();
    if (isReused) {
        return Done();
    }
    connection_.close();
    auto tls = credentials_.tls();
    if (!tls) {
        return std::move(tls).error();
    }
    return connection_.open(credentials_.server(), std::move(tls).value());
}

Result<std::string> Client::readBody(const json_text::Keep* keep) {
    std::string body;
    std::optional<json_text::Filter> filter;
    if (keep != nullptr) {
        filter.emplace(*keep, kMaxBody);
    }
    const auto read = connection_.readRest([&](std::string_view bytes) -> std::optional<ApiError> {
        if (filter) {
            filter->take(bytes);
        } else {
            body += bytes;
        }
        if (body.size() > kMaxBody || (filter && filter->isTooLong())) {
            return malformed(fmt::format("the answer has more than {} bytes{}", kMaxBody,
                                         filter ? " besides its managed fields" : ""));
        }
        return std::nullopt;
    });
    if (!read) {
        return read.error();
    }
    if (filter && !filter->isComplete()) {
        return malformed("the answer is no JSON");
    }
    return filter ? std::move(*filter).finish() : std::move(body);
}

ApiError Client::refusalOf(const Head& head) {
    // The status is the answer, whether or not the sentence that explains it arrives.
    const auto body = readBody();
    if (!body || head.status == kUnauthorized) {
        // After a 401 the next connection is made with what the certificate's files hold by then.
        connection_.close();
    }
    if (isRedirect(head.status)) {
        return {ErrorKind::Malformed, head.status, std::nullopt,
                fmt::format("the answer to {} is a redirect ({}) to \"{}\", which is not followed; "
                            "is the server's address that of a Kubernetes API?",
                            asked_, head.status, runtime::quoted(head.location))};
    }
    auto error =
        statusError(head.status, head.retryAfter, body ? body.value() : std::string(), asked_);
    if (error.kind == ErrorKind::Unauthorized || error.kind == ErrorKind::Forbidden) {
        addCertificateFault(error);  // without a certificate that counts we are anonymous
    }
    return error;
}

ApiError Client::named(ApiError error) const {
    error.message = fmt::format("{}: {}", asked_, error.message);
    return error;
}

void Client::addCertificateFault(ApiError& error) const {
    if (const auto fault = credentials_.certificateFault()) {
        error.message = fmt::format("{} ({})", error.message, *fault);
    }
}

}  // namespace elector::kubernetes
