#include "elector/runtime/file_text.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <string_view>
#include <system_error>

#include "elector/runtime/descriptor.h"
#include "elector/runtime/log.h"

namespace elector::runtime {

namespace {

using election::ApiError;
using election::ErrorKind;

ApiError unreadable(const std::filesystem::path& path, std::string_view why) {
    constexpr std::size_t kMaxPathShown = 300;
    return {ErrorKind::Unreachable, 0, std::nullopt,
            fmt::format("cannot read the file {}: {}", quoted(path.string(), kMaxPathShown), why)};
}

}  // namespace

Result<std::string> readFile(const std::filesystem::path& path) {
    const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0) {
        return unreadable(path, std::generic_category().message(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return unreadable(path, "it is no regular file");
    }
    std::string text;
    std::array<char, 8192> block{};
    for (;;) {
        const auto got = read(file.get(), block.data(), block.size());
        if (got < 0 && errno != EINTR) {
            return unreadable(path, std::generic_category().message(errno));
        }
        if (got == 0) {
            return text;
        }
        if (got > 0) {
            text.append(block.data(), static_cast<std::size_t>(got));
        }
        if (text.size() > kMaxFileBytes) {
            return unreadable(path, fmt::format("it is longer than {} bytes", kMaxFileBytes));
        }
    }
}

}  // namespace elector::runtime
