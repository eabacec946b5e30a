#include "elector/config/token_claim.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>

#include <algorithm>
#include <iterator>
#include <sstream>

#include "elector/kubernetes/json_text.h"

namespace elector::config {

namespace {

std::string decodeBase64Url(const std::string& text) {
    std::istringstream encoded(text);
    Poco::Base64Decoder decoder(encoded, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING);
    return {std::istreambuf_iterator<char>(decoder), std::istreambuf_iterator<char>()};
}

std::string podUidIn(const std::string& payload) {
    namespace json_text = kubernetes::json_text;
    if (!json_text::isValid(payload)) {
        return "";
    }
    const auto claims = json_text::member(payload, "kubernetes.io").value_or("");
    return json_text::textAt(json_text::member(claims, "pod").value_or(""), "uid");
}

}  // namespace

std::string podUidOf(const std::string& token) {
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string::npos ? first : token.find('.', first + 1);
    if (second == std::string::npos) {
        return "";
    }
    try {
        const std::string uid =
            podUidIn(decodeBase64Url(token.substr(first + 1, second - first - 1)));
        return isPodUid(uid) ? uid : "";
    } catch (const Poco::Exception&) {
        return "";
    }
}

bool isPodUid(const std::string& text) {
    constexpr std::size_t kMaxCharacters = 64;
    const auto allowed = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-';
    };
    return !text.empty() && text.size() <= kMaxCharacters && std::ranges::all_of(text, allowed);
}

}  // namespace elector::config
