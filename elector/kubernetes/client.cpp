#include "elector/kubernetes/client.h"

#include <fmt/format.h>

#include <array>
#include <optional>
#include <utility>

#include "elector/kubernetes/status_error.h"
#include "elector/runtime/log.h"

namespace elector::kubernetes {

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

}  // namespace

namespace {

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
