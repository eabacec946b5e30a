#include "elector/kubernetes/token_claims.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/StreamCopier.h>

#include <sstream>

#include "elector/kubernetes/json.h"

namespace elector::kubernetes {

namespace {

std::string decodeUrl(std::string_view encoded) {
    std::istringstream input{std::string(encoded)};
    Poco::Base64Decoder decoder(input, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING);
    decoder.exceptions(std::ios::badbit);
    std::string text;
    Poco::StreamCopier::copyToString(decoder, text);
    return text;
}

// A UID is used in names and annotations: what is no UUID-like word is not taken.
bool isPlain(const std::string& uid) {
    constexpr std::size_t kMaxUid = 64;
    return !uid.empty() && uid.size() <= kMaxUid &&
           uid.find_first_not_of("0123456789abcdefABCDEF-") == std::string::npos;
}

}  // namespace

std::optional<std::string> podUidOf(std::string_view token) {
    const auto first = token.find('.');
    const auto second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    try {
        const auto claims =
            json::parseObject(decodeUrl(token.substr(first + 1, second - first - 1)));
        auto uid = json::text(claims, {"kubernetes.io", "pod", "uid"});
        return uid && isPlain(*uid) ? uid : std::nullopt;
    } catch (const std::exception&) {
        // Not base64 or not JSON, by Poco's account or by ours: no such token.
        return std::nullopt;
    }
}

}  // namespace elector::kubernetes
