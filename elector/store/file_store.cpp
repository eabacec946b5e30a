#include "elector/store/file_store.h"

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
#include <charconv>
#include <chrono>
#include <cstring>
#include <functional>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "elector/kubernetes/lease_json.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/random.h"

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
                                    std::string_view bytes, mode_t mode) {
    // One fixed name: what a killed process left behind is overwritten by the next writer.
    const std::string temporary = folder + "/." + name + ".new";
    const std::string path = folder + "/" + name;
    {
        const runtime::Descriptor file(
            open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode));
        if (!file || fchmod(file.get(), mode) != 0) {  // whatever the umask takes away
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

// --------------------------------------------------------------------------------------- the store

namespace {

using election::Revision;

constexpr const char* kLeaseFile = "lease.json";
constexpr const char* kRevisionFile = ".revision";
constexpr const char* kLockFile = "/.lock";

ApiError failed(ErrorKind kind, std::string sentence) {
    return {kind, 0, std::nullopt, std::move(sentence)};
}

ApiError badName(const LeaseKey& key) {
    return failed(ErrorKind::Invalid, fmt::format("lease {} has no name that a file can have",
                                                  runtime::quoted(key.text())));
}

ApiError stopped(const LeaseKey& key) {
    return failed(ErrorKind::TimedOut,
                  fmt::format("the time for lease {} was over", runtime::quoted(key.text())));
}

bool isOver(const CallLimits& limits, const runtime::Clock& clock) {
    return limits.stop.stop_requested() || clock.now() >= limits.deadline;
}

// 16 random bytes in the form of Kubernetes' uids.
std::string newUid() {
    const std::string digits = runtime::randomHex(16);
    const std::string_view all = digits;
    return fmt::format("{}-{}-{}-{}-{}", all.substr(0, 8), all.substr(8, 4), all.substr(12, 4),
                       all.substr(16, 4), all.substr(20));
}

std::string withIdentity(std::string_view document, const std::string& uid,
                         const std::string& revision) {
    const auto metadata = json_text::member(document, "metadata").value_or("{}");
    const std::string named = json_text::withMember(metadata, "uid", runtime::jsonString(uid));
    return json_text::withMember(
        document, "metadata",
        json_text::withMember(named, "resourceVersion", runtime::jsonString(revision)));
}

// The Lease of `folder`, or nothing. What is no Lease is Malformed, and named.
Result<std::optional<Lease>> parsedLease(const std::string& folder) {
    const std::string path = folder + "/" + kLeaseFile;
    auto text = readFile(path);
    if (!text) {
        return std::move(text).error();
    }
    std::optional<std::string>& content = text.value();
    if (!content) {
        return std::optional<Lease>();
    }
    // A text file ends with a line feed; the document does not.
    std::string& document = *content;
    document.erase(document.find_last_not_of(" \t\r\n") + 1);
    auto lease = kubernetes::parseLease(document);
    if (!lease) {
        return failed(ErrorKind::Malformed,
                      fmt::format("{} holds no Lease ({}); remove it, and a new one is created",
                                  path, lease.error().message));
    }
    lease.value().ownedByPod = false;  // nobody collects what lies in a folder
    return std::optional<Lease>(std::move(lease).value());
}

// A number that another can follow.
std::optional<std::uint64_t> numberIn(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool hasNext = number < std::numeric_limits<std::uint64_t>::max();
    if (error != std::errc() || end != text.data() + text.size() || !hasNext) {
        return std::nullopt;
    }
    return number;
}

std::string unusable(const std::string& folder, const std::string& why) {
    return fmt::format(
        "--store=file:{} cannot be used: {}. Give a folder that this user can "
        "create or write in.",
        folder, why);
}

}  // namespace

FileStore::FileStore(const std::string& folder, const runtime::Clock& clock)
    : root_(folder), clock_(clock) {
    if (folder.empty()) {
        throw std::runtime_error(unusable(folder, "it names no folder"));
    }
    while (root_.size() > 1 && root_.back() == '/') {
        root_.pop_back();
    }
    if (const auto error = ensureFolder(root_)) {
        throw std::runtime_error(unusable(folder, error->message));
    }
    struct stat status{};
    if (stat(root_.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) {
        throw std::runtime_error(unusable(folder, root_ + " is not a folder"));
    }
    if (access(root_.c_str(), R_OK | W_OK | X_OK) != 0) {
        throw std::runtime_error(unusable(folder, fileError("write in", root_, errno).message));
    }
}

Result<std::optional<Lease>> FileStore::readLease(const std::string& folder) {
    auto lease = parsedLease(folder);
    if (!lease) {
        return lease;
    }
    const std::optional<Lease>& found = lease.value();
    if (const auto revision = found ? numberIn(found->revision.text()) : std::nullopt) {
        const std::scoped_lock lock(mutex_);
        highest_ = std::max(highest_, *revision);
    }
    return lease;
}

Result<std::optional<Lease>> FileStore::get(const LeaseKey& key, const CallLimits& limits) {
    const auto folder = leaseFolder(root_, key);
    if (!folder) {
        return badName(key);
    }
    if (isOver(limits, clock_)) {
        return stopped(key);
    }
    return readLease(*folder);
}

Result<Written> FileStore::create(const LeaseKey& key, const LeaseRecord& record,
                                  const CallLimits& limits) {
    const auto folder = leaseFolder(root_, key);
    if (!folder) {
        return badName(key);
    }
    if (isOver(limits, clock_)) {
        return stopped(key);
    }
    if (auto error = ensureFolder(*folder)) {
        return *error;
    }
    const auto lock = FolderLock::acquire(root_ + kLockFile, limits, clock_);
    if (!lock) {
        return lock.error();
    }
    auto current = readLease(*folder);
    if (!current) {
        return std::move(current).error();
    }
    if (current.value()) {
        return failed(ErrorKind::Invalid,
                      fmt::format("lease {} exists already", runtime::quoted(key.text())));
    }
    auto written = write(*folder, kubernetes::newLease(key, record), newUid(), std::nullopt);
    if (written) {
        written.value().created = true;
    }
    return written;
}

Result<Written> FileStore::update(const LeaseKey& key, const Lease& base, const LeaseRecord& record,
                                  const CallLimits& limits) {
    const auto folder = leaseFolder(root_, key);
    if (!folder) {
        return badName(key);
    }
    if (isOver(limits, clock_)) {
        return stopped(key);
    }
    const auto lock = FolderLock::acquire(root_ + kLockFile, limits, clock_);
    if (!lock) {
        return lock.error();
    }
    auto read = readLease(*folder);
    if (!read) {
        return std::move(read).error();
    }
    const std::optional<Lease>& current = read.value();
    // An editor changes the file and leaves the resourceVersion: that is a change, too.
    if (!current || current->uid != base.uid || current->revision != base.revision ||
        current->document != base.document) {
        return failed(ErrorKind::Conflict,
                      fmt::format("lease {} changed since it was read, or is gone",
                                  runtime::quoted(key.text())));
    }
    const std::string document = kubernetes::updatedLease(base, record);
    if (document == current->document) {
        return Written{*current, false};
    }
    return write(*folder, document, base.uid, base.revision);
}

Result<Written> FileStore::write(const std::string& folder, const std::string& document,
                                 const std::string& uid, const std::optional<Revision>& current) {
    const auto revision = nextRevision(current);
    if (!revision) {
        return revision.error();
    }
    const std::string text = withIdentity(document, uid, revision.value());
    auto lease = kubernetes::parseLease(text);
    if (!lease) {
        return std::move(lease).error();
    }
    if (auto error = replaceFile(folder, kLeaseFile, text + "\n")) {
        return *error;
    }
    return Written{std::move(lease).value(), false};
}

Result<std::string> FileStore::nextRevision(const std::optional<Revision>& current) {
    const std::string path = root_ + "/" + kRevisionFile;
    auto counter = readFile(path);
    if (!counter) {
        return std::move(counter).error();
    }
    std::string digits = std::move(counter).value().value_or("0");
    digits.erase(digits.find_last_not_of(" \t\r\n") + 1);
    const auto last = numberIn(digits);
    const auto own = numberIn(current ? current->text() : "0");
    std::uint64_t next = 0;
    if (last && own) {
        const std::scoped_lock lock(mutex_);
        next = std::max({*last, *own, highest_}) + 1;  // 0 beyond the last number
        highest_ = std::max(highest_, next);
    }
    if (next == 0) {
        return failed(
            ErrorKind::Malformed,
            fmt::format("{} or the Lease's resourceVersion is no number of 64 bits; write "
                        "into the file a number above every fencing token given out",
                        path));
    }
    std::string text = std::to_string(next);
    if (auto error = replaceFile(root_, kRevisionFile, text + "\n")) {
        return *error;
    }
    return text;
}

ApiError FileStore::watch(const LeaseKey& key, WatchSink& sink, election::Duration /*setUp*/,
                          std::stop_token stop) {
    const auto folder = leaseFolder(root_, key);
    if (!folder) {
        return badName(key);
    }
    // inotify watches what exists: a Lease that is still missing gets its folder now.
    if (auto error = ensureFolder(*folder)) {
        return *error;
    }
    auto changes = FolderWatch::open(*folder, kLeaseFile);
    if (!changes) {
        return changes.error();
    }
    const Instant sentAt = clock_.now();
    auto listed = readLease(*folder);
    if (!listed) {
        return std::move(listed).error();
    }
    std::optional<Lease> told = listed.value();
    sink.onListed(std::move(listed).value(), sentAt);
    while (true) {
        const auto outcome = changes.value().wait(stop);
        if (outcome == FolderWatch::Outcome::Stopped) {
            return stopped(key);
        }
        auto read = readLease(*folder);
        if (!read) {
            return std::move(read).error();
        }
        std::optional<Lease> now = std::move(read).value();
        if (!now && told) {
            sink.onDeleted();
        } else if (now && (!told || now->document != told->document)) {
            sink.onChanged(*now);
        }
        told = std::move(now);
        if (outcome == FolderWatch::Outcome::Gone) {
            return failed(ErrorKind::Gone, fmt::format("the folder {} is gone", *folder));
        }
    }
}

}  // namespace elector::store
