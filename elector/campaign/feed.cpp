#include "elector/campaign/feed.h"

#include <utility>

namespace elector::campaign {

Feed::Subscription::Subscription(Feed& feed, std::function<void()> wake) : feed_(feed) {
    const std::lock_guard guard(feed_.observersMutex_);
    place_ = feed_.observers_.insert(feed_.observers_.end(), std::move(wake));
}

Feed::Subscription::~Subscription() {
    const std::lock_guard guard(feed_.observersMutex_);
    feed_.observers_.erase(place_);
}

Feed::Subscription Feed::subscribe(std::function<void()> wake) {
    return {*this, std::move(wake)};
}

std::optional<election::Standing> Feed::after(std::uint64_t seq, bool renewals) const {
    const std::lock_guard guard(mutex_);
    if ((renewals ? newest_.seq : lastChange_) <= seq) {
        return std::nullopt;
    }
    return lastNo_.seq > seq ? lastNo_ : newest_;
}

void Feed::publish(const std::vector<election::Standing>& told) {
    if (told.empty()) {
        return;
    }
    {
        const std::lock_guard guard(mutex_);
        for (const election::Standing& standing : told) {
            newest_ = standing;
            if (!standing.term) {
                lastNo_ = standing;
            }
            if (standing.reason != election::Reason::Renewed) {
                lastChange_ = standing.seq;
            }
        }
    }
    const std::lock_guard guard(observersMutex_);
    for (const auto& wake : observers_) {
        wake();
    }
}

}  // namespace elector::campaign
