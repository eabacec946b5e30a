#include "elector/kubernetes/credentials.h"

#include <Poco/String.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <ctime>

#include "elector/kubernetes/tls_context.h"
#include "elector/runtime/time_text.h"

namespace elector::kubernetes {

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

}  // namespace elector::kubernetes
