#include "elector/store/folder_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <functional>
#include <system_error>

#include "elector/runtime/wake.h"
#include "elector/store/folder.h"

namespace elector::store {
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

}  // namespace elector::store
