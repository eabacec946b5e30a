#include "elector/election/lease.h"

#include "elector/names.h"

namespace elector::election {

bool isUnheld(const LeaseRecord& record) {
    return record.holder.empty() || record.holder == names::kVacantHolder;
}

std::string shownHolder(const LeaseRecord& record) {
    return isUnheld(record) ? std::string() : record.holder;
}

bool isAskedFor(const LeaseRecord& record) {
    return !record.degraded.empty() && record.degraded != kDegraded;
}

bool isHeldForLife(const Lease& lease) {
    const LeaseRecord& record = lease.record;
    return lease.ownedByPod && !isUnheld(record) && !record.duration && !record.renewTime;
}

bool isRelease(const LeaseRecord& record) {
    return record.holder.empty() && record.duration == std::chrono::seconds(1) &&
           record.acquireTime && record.renewTime;
}

}  // namespace elector::election
