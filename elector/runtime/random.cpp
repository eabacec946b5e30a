#include "elector/runtime/random.h"

#include <fmt/format.h>
#include <sys/random.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace elector::runtime {

namespace {

// Up to this many bytes getrandom answers all or nothing, so that no loop is needed for the rest.
constexpr std::size_t kMaxBytes = 256;

}  // namespace

std::string randomHex(std::size_t bytes) {
    if (bytes > kMaxBytes) {
        throw std::invalid_argument(
            fmt::format("{} random bytes asked for at once; at most {}", bytes, kMaxBytes));
    }
    std::vector<unsigned char> raw(bytes);
    while (getrandom(raw.data(), raw.size(), 0) < 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "cannot get random bytes");
        }
    }
    return fmt::format("{:02x}", fmt::join(raw, ""));
}

std::uint64_t randomSeed() {
    constexpr int kHexadecimal = 16;
    return std::stoull(randomHex(sizeof(std::uint64_t)), nullptr, kHexadecimal);
}

}  // namespace elector::runtime
