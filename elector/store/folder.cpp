#include "elector/store/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "elector/runtime/descriptor.h"

namespace elector::store {
namespace {

using election::ApiError;
using election::ErrorKind;
using runtime::Result;

constexpr std::size_t kMaxName = 255;  // NAME_MAX of every file system in question

std::optional<std::string> fileName(std::string_view name) {
    std::string encoded;
    for (const char character : name) {
        const bool plain = (character >= 'a' && character <= 'z') ||
                           (character >= '0' && character <= '9') || character == '-' ||
                           (character == '.' && !encoded.empty());
        if (plain) {
            encoded += character;
        } else {
            encoded += fmt::format("%{:02X}", static_cast<unsigned char>(character));
        }
    }
    if (encoded.empty() || encoded.size() > kMaxName) {
        return std::nullopt;
    }
    return encoded;
}

std::optional<ApiError> writeAll(const runtime::Descriptor& file, const std::string& path,
                                 std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t count = write(file.get(), bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) {
            return fileError("write", path, errno);
        }
        bytes.remove_prefix(count < 0 ? 0 : static_cast<std::size_t>(count));
    }
    return std::nullopt;
}

// Makes the folder's own entries survive a power cut.
std::optional<ApiError> syncFolder(const std::string& path) {
    const runtime::Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!folder || fsync(folder.get()) != 0) {
        return fileError("sync", path, errno);
    }
    return std::nullopt;
}

}  // namespace

ApiError fileError(std::string_view doing, const std::string& path, int number) {
    return {ErrorKind::Server, 0, std::nullopt,
            fmt::format("cannot {} {}: {}", doing, path,
                        std::error_code(number, std::generic_category()).message())};
}

std::optional<std::string> leaseFolder(const std::string& root, const election::LeaseKey& key) {
    const auto space = fileName(key.space);
    const auto name = fileName(key.name);
    if (!space || !name) {
        return std::nullopt;
    }
    return root + "/" + *space + "/" + *name;
}

std::optional<ApiError> ensureFolder(const std::string& path) {
    // From the top down; the first character may be the root's slash.
    for (auto slash = path.find('/', 1);; slash = path.find('/', slash + 1)) {
        const std::string part = path.substr(0, slash);
        if (mkdir(part.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
            return fileError("create folder", part, errno);
        }
        if (slash == std::string::npos) {
            return std::nullopt;
        }
    }
}

Result<std::optional<std::string>> readFile(const std::string& path) {
    // Without O_NONBLOCK, opening a pipe that somebody put there would wait for its writer.
    const runtime::Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file) {
        if (errno == ENOENT) {
            return std::optional<std::string>();
        }
        return fileError("open", path, errno);
    }
    struct stat status{};
    if (fstat(file.get(), &status) != 0) {
        return fileError("look at", path, errno);
    }
    if (!S_ISREG(status.st_mode)) {
        return ApiError{ErrorKind::Malformed, 0, std::nullopt, path + " is not a regular file"};
    }
    std::string bytes;
    std::array<char, 16384> buffer{};
    while (true) {
        const ssize_t count = read(file.get(), buffer.data(), buffer.size());
        if (count == 0) {
            return std::optional<std::string>(std::move(bytes));
        }
        if (count < 0 && errno != EINTR) {
            return fileError("read", path, errno);
        }
        bytes.append(buffer.data(), count < 0 ? 0 : static_cast<std::size_t>(count));
        if (bytes.size() > kMaxFileBytes) {
            return ApiError{ErrorKind::Malformed, 0, std::nullopt,
                            fmt::format("{} is larger than {} bytes", path, kMaxFileBytes)};
        }
    }
}

std::optional<ApiError> replaceFile(const std::string& folder, const std::string& name,
                                    std::string_view bytes) {
    // One fixed name: what a killed process left behind is overwritten by the next writer.
    const std::string temporary = folder + "/." + name + ".new";
    const std::string path = folder + "/" + name;
    {
        const runtime::Descriptor file(
            open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file) {
            return fileError("create", temporary, errno);
        }
        if (auto error = writeAll(file, temporary, bytes)) {
            return error;
        }
        if (fsync(file.get()) != 0) {
            return fileError("sync", temporary, errno);
        }
    }
    if (rename(temporary.c_str(), path.c_str()) != 0) {
        return fileError("replace", path, errno);
    }
    return syncFolder(folder);
}

}  // namespace elector::store
