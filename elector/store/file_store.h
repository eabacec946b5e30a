#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "elector/runtime/clock.h"
#include "elector/store/lease_store.h"

namespace elector::store {

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
