#pragma once

#include <string>

#include "elector/runtime/clock.h"
#include "elector/runtime/descriptor.h"
#include "elector/runtime/result.h"
#include "elector/store/lease_store.h"

namespace elector::store {

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

}  // namespace elector::store
