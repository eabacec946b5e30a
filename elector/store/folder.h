#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "elector/election/lease.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/result.h"
#include "elector/runtime/wake.h"
#include "elector/store/lease_store.h"

// What the file store does with files. Errors are values: a disk can fill up, and rights can go.
namespace elector::store {

// A Lease of Kubernetes is at most 1.5 MiB; more in a file of ours is no Lease.
inline constexpr std::size_t kMaxFileBytes = std::size_t{2} << 20U;

// The folder of a Lease below `root`: root/NAMESPACE/NAME, in which every byte that is not a lower
// case letter, a digit, '-' or an inner '.' is written as %XX. So no name can leave the root,
// nor meet a file of the store's own, whose names begin with a dot. Nothing for a name that is
// empty or too long for a file.
std::optional<std::string> leaseFolder(const std::string& root, const election::LeaseKey& key);

// Creates the folder and what is missing above it, for this user alone (0700).
std::optional<election::ApiError> ensureFolder(const std::string& path);

// The bytes of a regular file; nothing where there is none.
runtime::Result<std::optional<std::string>> readFile(const std::string& path);

// Replaces FOLDER/NAME as a whole: whoever reads it, after a kill or a power cut too, finds the old
// bytes or the new ones. REQUIRES that no other process writes it at the same time.
std::optional<election::ApiError> replaceFile(const std::string& folder, const std::string& name,
                                              std::string_view bytes);

// The error of a system call that failed with `number` (errno), as a sentence.
election::ApiError fileError(std::string_view doing, const std::string& path, int number);

// One writer at a time among all processes and threads that use a folder. The kernel gives the
// lock back when its holder dies, however it dies. A holder that is stopped (SIGSTOP) amid a write
// keeps it: the others' writes then end with TimedOut, and nobody can lead for longer than that.
//
// Threads: each acquires its own.
class FolderLock {
  public:
    // Locks the file at `path`, which is created where it is missing. Waits until the limits end:
    // then TimedOut, and certainly nothing is locked.
    static runtime::Result<FolderLock> acquire(const std::string& path, const CallLimits& limits,
                                               const runtime::Clock& clock);

  private:
    explicit FolderLock(runtime::Descriptor file) : file_(std::move(file)) {}

    runtime::Descriptor file_;
};

// Waits for changes of one file of a folder by inotify: no polling.
//
// Threads: one; the stop may be requested by any.
class FolderWatch {
  public:
    enum class Outcome {
        Changed,  // the file was created, replaced, written to or removed, perhaps several times
        Gone,     // the folder itself was removed or moved
        Stopped,
    };

    // From now on, no change is missed.
    static runtime::Result<FolderWatch> open(const std::string& folder, std::string name);

    // Until the next change, or until `stop` is requested.
    Outcome wait(const std::stop_token& stop);

  private:
    FolderWatch(runtime::Descriptor events, std::unique_ptr<runtime::Wake> wake, std::string name)
        : events_(std::move(events)), wake_(std::move(wake)), name_(std::move(name)) {}
    // Takes the pending events; nothing where none of them is about the file or the folder itself.
    std::optional<Outcome> drain();

    runtime::Descriptor events_;
    std::unique_ptr<runtime::Wake> wake_;  // for the stop
    std::string name_;
};

}  // namespace elector::store
