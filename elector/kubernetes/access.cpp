#include "elector/kubernetes/access.h"

#include <fmt/format.h>

#include <stdexcept>

#include "elector/kubernetes/file_text.h"

namespace elector::kubernetes {

Result<std::string> Source::read() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return readFile(*path);
    }
    return std::get<std::string>(origin_);
}

std::optional<std::filesystem::path> Source::path() const {
    if (const auto* path = std::get_if<std::filesystem::path>(&origin_)) {
        return *path;
    }
    return std::nullopt;
}

void refuseUnsafe(const Access& access) {
    if (access.server.tls) {
        return;
    }
    if (access.token || access.certificate) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, and credentials are never sent "
                        "in the clear; use an https:// address or a user without credentials",
                        access.origin, access.server.text()));
    }
    if (!isLoopback(access.server.host)) {
        throw std::runtime_error(
            fmt::format("{}: the server {} is not reached over TLS, which is allowed for a "
                        "loopback address only; use an https:// address",
                        access.origin, access.server.text()));
    }
}

}  // namespace elector::kubernetes
