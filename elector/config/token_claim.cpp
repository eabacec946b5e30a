#include "elector/config/token_claim.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <iterator>
#include <sstream>

namespace elector::config {

namespace {

std::string decodeBase64Url(const std::string& text) {
    std::istringstream encoded(text);
    Poco::Base64Decoder decoder(encoded, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING);
    return {std::istreambuf_iterator<char>(decoder), std::istreambuf_iterator<char>()};
}

// The object under `key`, or null where there is none.
Poco::JSON::Object::Ptr member(const Poco::JSON::Object::Ptr& object, const std::string& key) {
    return object.isNull() ? nullptr : object->getObject(key);
}

std::string podUidIn(const std::string& payload) {
    const Poco::Dynamic::Var parsed = Poco::JSON::Parser().parse(payload);
    if (parsed.type() != typeid(Poco::JSON::Object::Ptr)) {
        return "";
    }
    const auto& claims = parsed.extract<Poco::JSON::Object::Ptr>();
    const auto pod = member(member(claims, "kubernetes.io"), "pod");
    if (pod.isNull() || pod->get("uid").type() != typeid(std::string)) {
        return "";
    }
    return pod->get("uid").extract<std::string>();
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
