#include "elector/store/file_store.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "elector/kubernetes/lease_json.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/random.h"
#include "elector/store/folder.h"

namespace elector::store {
namespace {

using election::ErrorKind;
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
