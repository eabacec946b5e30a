#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "elector/election/lease.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/result.h"
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
// bytes or the new ones; `mode` says who may. REQUIRES that no other process writes it at the same
// time.
std::optional<election::ApiError> replaceFile(const std::string& folder, const std::string& name,
                                              std::string_view bytes,
                                              mode_t mode = S_IRUSR | S_IWUSR);

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

// Leases in a folder (--store=file:DIR), for processes of one machine, with the meaning that
// Kubernetes gives them. DIR/NAMESPACE/NAME/lease.json is the Lease as kubectl would print it;
// removing that file deletes the Lease, and editing it is a write by hand.
//
// - Writers take turns by a lock on DIR/.lock (see FolderLock); readers need none, since every
//   file is replaced as a whole.
// - A process killed at any instant leaves the old Lease or the new one.
// - resourceVersions come from DIR/.revision, which is written before the Lease that bears its
//   number: they grow over deletion and re-creation too. It may skip numbers. Whoever removes the
//   whole of DIR begins at 1 again, unless a process that has written or read more still runs:
//   those go on above the highest that they saw.
// - A watch tells of the latest state; states that follow each other closely may be told as one.
//
// Not for folders that several machines share: neither NFS's locks nor inotify reach across.
//
// Threads: any, at any time.
class FileStore final : public LeaseStore {
  public:
    // Creates `folder` where it is missing (0700). Throws std::runtime_error with a sentence where
    // it is no folder or cannot be written in. `clock` outlives the store.
    FileStore(const std::string& folder, const runtime::Clock& clock);

    Result<std::optional<Lease>> get(const LeaseKey& key, const CallLimits& limits) override;
    Result<Written> create(const LeaseKey& key, const LeaseRecord& record,
                           const CallLimits& limits) override;
    Result<Written> update(const LeaseKey& key, const Lease& base, const LeaseRecord& record,
                           const CallLimits& limits) override;
    ApiError watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                   std::stop_token stop) override;

  private:
    // The Lease of `folder`, or nothing; its resourceVersion counts as seen from then on.
    Result<std::optional<Lease>> readLease(const std::string& folder);
    // The next resourceVersion, and with it the right to write it into a Lease. REQUIRES the lock.
    // `current` is the one that the Lease has, if there is a Lease.
    Result<std::string> nextRevision(const std::optional<election::Revision>& current);
    // REQUIRES the lock.
    Result<Written> write(const std::string& folder, const std::string& document,
                          const std::string& uid, const std::optional<election::Revision>& current);

    std::string root_;
    const runtime::Clock& clock_;
    std::mutex mutex_;
    std::uint64_t highest_ = 0;  // the highest revision given out or seen by this store
};

}  // namespace elector::store
