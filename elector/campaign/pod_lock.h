#pragma once

#include <string>

#include "elector/election/lease.h"

namespace elector::campaign {

// At most one elector process per Pod and Lease at a time (rule 6): the abstract Unix socket
// @leader-elector/NAMESPACE/LEASE/POD_UID. The kernel frees it when the process dies, however it
// dies; so whoever holds it knows that its predecessor in this Pod answers nobody any more.
//
// Threads: one at a time.
class PodLock {
  public:
    PodLock(const election::LeaseKey& key, const std::string& podUid);
    ~PodLock();
    PodLock(const PodLock&) = delete;
    PodLock& operator=(const PodLock&) = delete;

    // True if this process holds it, now or already. Throws std::system_error where sockets cannot
    // be had at all.
    bool tryAcquire();

    // For the log, beginning with '@'.
    std::string name() const { return "@" + name_; }

  private:
    std::string name_;
    int socket_ = -1;
};

}  // namespace elector::campaign
