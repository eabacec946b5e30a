#include "elector/config/facts.h"

#include <Poco/Base64Decoder.h>
#include <Poco/Base64Encoder.h>
#include <Poco/Exception.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <sstream>
#include <string_view>
#include <utility>

#include "elector/runtime/file_text.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/random.h"

namespace elector::config {

namespace {

// A token is a few KiB, a namespace 63 bytes; what is larger is neither.
constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;

std::optional<std::string> readSmallFile(const std::string& path) {
    auto content = runtime::readFile(path);
    return content && content.value().size() <= kMaxFileBytes
               ? std::optional(std::move(content).value())
               : std::nullopt;
}

std::string readHostName() {
    constexpr std::size_t kMaxCharacters = 255;
    std::array<char, kMaxCharacters + 1> name{};
    // Without a name the random part still tells processes apart.
    return gethostname(name.data(), kMaxCharacters) == 0 ? name.data() : "unnamed";
}

}  // namespace

Facts gatherFacts(const std::string& serviceAccountFolder) {
    constexpr std::size_t kRandomBytes = 4;
    return {.hostName = readHostName(),
            .random = runtime::randomHex(kRandomBytes),
            .serviceAccountNamespace = readSmallFile(serviceAccountFolder + "/namespace"),
            .serviceAccountToken = readSmallFile(serviceAccountFolder + "/token"),
            .logsToTerminal = isatty(STDERR_FILENO) == 1};
}

Environment environmentFrom(const char* const* variables) {
    Environment environment;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable(*variables);
        const std::size_t equals = variable.find('=');
        if (equals != std::string_view::npos) {
            environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    return environment;
}

namespace {

std::string decodeBase64Url(const std::string& text) {
    std::istringstream encoded(text);
    Poco::Base64Decoder decoder(encoded, Poco::BASE64_URL_ENCODING | Poco::BASE64_NO_PADDING);
    return {std::istreambuf_iterator<char>(decoder), std::istreambuf_iterator<char>()};
}

std::string podUidIn(const std::string& payload) {
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
