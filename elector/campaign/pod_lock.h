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
    // Makes the socket. Throws std::system_error where none can be had.
    PodLock(const election::LeaseKey& key, const std::string& podUid);
    ~PodLock();
    PodLock(const PodLock&) = delete;
    PodLock& operator=(const PodLock&) = delete;

    // True if this process holds it, now or already.
    bool tryAcquire();

    // For the log, beginning with '@'.
    std::string name() const { return "@" + name_; }

  private:
    std::string name_;
    int socket_;
    bool held_ = false;
};

}  // namespace elector::campaign
