#include "elector/store/folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <system_error>

#include "elector/runtime/descriptor.h"
#include "elector/runtime/wake.h"

namespace elector::store {

// ---------------------------------------------------------------------------------------- folder

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

// ----------------------------------------------------------------------------------- folder lock

namespace {

// The kernel tells nobody when a lock becomes free without blocking them, so a waiter tries again:
// soon at first (a write takes a few milliseconds), then fifty times a second.
constexpr std::chrono::milliseconds kFirstPause{1};
constexpr std::chrono::milliseconds kLongestPause{20};

// True if the locked file is still the one at `path`: somebody may have removed it, and a new one
// may be locked by another.
bool isCurrent(const runtime::Descriptor& file, const std::string& path) {
    struct stat ours{};
    struct stat current{};
    return fstat(file.get(), &ours) == 0 && stat(path.c_str(), &current) == 0 &&
           ours.st_dev == current.st_dev && ours.st_ino == current.st_ino;
}

}  // namespace

Result<FolderLock> FolderLock::acquire(const std::string& path, const CallLimits& limits,
                                       const runtime::Clock& clock) try {
    runtime::Wake wake;
    const std::stop_callback onStop(limits.stop, [&wake] { wake.wake(); });
    auto pause = kFirstPause;
    while (!limits.stop.stop_requested()) {
        const Instant now = clock.now();
        if (now >= limits.deadline) {
            break;
        }
        runtime::Descriptor file(
            open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, S_IRUSR | S_IWUSR));
        if (!file) {
            return fileError("open", path, errno);
        }
        if (flock(file.get(), LOCK_EX | LOCK_NB) == 0) {
            if (isCurrent(file, path)) {
                return FolderLock(std::move(file));
            }
            continue;
        }
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return fileError("lock", path, errno);
        }
        wake.waitUntil(std::min(limits.deadline, now + pause));
        pause = std::min(2 * pause, kLongestPause);
    }
    return ApiError{election::ErrorKind::TimedOut, 0, std::nullopt,
                    fmt::format("another process kept {} locked until the time was over", path)};
} catch (const std::system_error& error) {  // no descriptors are left to wait with
    return fileError("wait for the lock", path, error.code().value());
}

// ---------------------------------------------------------------------------------- folder watch

namespace {

// Our own writes arrive as a rename, an editor's as a close or a rename.
constexpr std::uint32_t kChanges = IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE |
                                   IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
constexpr std::uint32_t kFolderGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

}  // namespace

runtime::Result<FolderWatch> FolderWatch::open(const std::string& folder, std::string name) {
    runtime::Descriptor events(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!events || inotify_add_watch(events.get(), folder.c_str(), kChanges) < 0) {
        return fileError("watch (inotify)", folder, errno);
    }
    try {
        return FolderWatch(std::move(events), std::make_unique<runtime::Wake>(), std::move(name));
    } catch (const std::system_error& error) {  // no descriptors are left
        return fileError("watch", folder, error.code().value());
    }
}

FolderWatch::Outcome FolderWatch::wait(const std::stop_token& stop) {
    const std::stop_callback onStop(stop, [this] { wake_->wake(); });
    std::array<pollfd, 2> waiting{{{wake_->descriptor(), POLLIN, 0}, {events_.get(), POLLIN, 0}}};
    while (!stop.stop_requested()) {
        if (poll(waiting.data(), waiting.size(), -1) > 0 && waiting[1].revents != 0) {
            if (const auto outcome = drain()) {
                return *outcome;
            }
        }
    }
    return Outcome::Stopped;
}

std::optional<FolderWatch::Outcome> FolderWatch::drain() {
    std::optional<Outcome> outcome;
    // Room for many events; each has a header and a name of at most NAME_MAX + 1 bytes.
    std::array<char, 8192> buffer{};
    while (true) {
        const ssize_t count = read(events_.get(), buffer.data(), buffer.size());
        if (count <= 0) {
            return outcome;
        }
        std::size_t at = 0;
        while (at + sizeof(inotify_event) <= static_cast<std::size_t>(count)) {
            inotify_event event{};
            std::memcpy(&event, buffer.data() + at, sizeof event);
            const char* name = buffer.data() + at + sizeof event;
            if ((event.mask & kFolderGone) != 0) {
                outcome = Outcome::Gone;
            } else if ((event.mask & IN_Q_OVERFLOW) != 0 || (event.len > 0 && name_ == name)) {
                outcome = outcome.value_or(Outcome::Changed);
            }
            at += sizeof event + event.len;
        }
    }
}

}  // namespace elector::store
