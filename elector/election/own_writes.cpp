#include "elector/election/own_writes.h"

#include <algorithm>

namespace elector::election {
namespace {

// A renewTime read from a record is followed up to here. Beyond it somebody wrote nonsense, and
// counting on from there would leave what RFC 3339 can say (the year 9999).
constexpr WallTime kLastFollowed{std::chrono::sys_days{std::chrono::year{9000} / 1 / 1}};

}  // namespace

WallTime OwnWrites::nextRenewTime(const LeaseRecord& base, WallTime wall) const {
    constexpr std::chrono::microseconds kStep{1};
    WallTime next = wall;
    if (base.renewTime && *base.renewTime < kLastFollowed) {
        next = std::max(next, *base.renewTime + kStep);
    }
    if (!writes_.empty()) {
        next = std::max(next, writes_.back().renewTime + kStep);
    }
    return next;
}

void OwnWrites::sent(const LeaseRecord& record, const Moment& at, std::uint64_t term) {
    writes_.push_back({record.renewTime.value_or(at.wall), at, term});
    if (writes_.size() > kRemembered) {
        writes_.pop_front();
    }
}

const SentWrite* OwnWrites::find(const LeaseRecord& record) const {
    if (record.holder != identity_.id || record.session != identity_.session || !record.renewTime) {
        return nullptr;
    }
    const auto found = std::ranges::find_if(
        writes_, [&](const SentWrite& write) { return write.renewTime == *record.renewTime; });
    return found == writes_.end() ? nullptr : &*found;
}

}  // namespace elector::election
