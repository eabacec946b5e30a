#include "elector/config/facts.h"

#include <unistd.h>

#include <array>
#include <fstream>
#include <string_view>

#include "elector/runtime/random.h"

namespace elector::config {

namespace {

// A token is a few KiB, a namespace 63 bytes; what is larger is neither.
constexpr std::size_t kMaxFileBytes = std::size_t{64} * 1024;

std::optional<std::string> readSmallFile(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string content(kMaxFileBytes + 1, '\0');
    file.read(content.data(), static_cast<std::streamsize>(content.size()));
    content.resize(static_cast<std::size_t>(file.gcount()));
    const bool whole = file.eof() && content.size() <= kMaxFileBytes;
    return whole ? std::optional(content) : std::nullopt;
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

std::map<std::string, std::string> environmentFrom(const char* const* variables) {
    std::map<std::string, std::string> environment;
    for (; *variables != nullptr; ++variables) {
        const std::string_view variable(*variables);
        const std::size_t equals = variable.find('=');
        if (equals != std::string_view::npos) {
            environment.emplace(variable.substr(0, equals), variable.substr(equals + 1));
        }
    }
    return environment;
}

}  // namespace elector::config
