#include "elector/store/yielding_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/election/timing.h"
#include "elector/kubernetes/lease_json.h"

namespace elector::store {

Result<std::optional<Lease>> YieldingStore::get(const LeaseKey& key, const CallLimits& limits) {
    auto answer = store_->get(key, limits);
    if (!answer) {
        return answer;
    }
    const std::optional<Lease>& lease = answer.value();
    if (lease && kubernetes::isElectors(*lease)) {
        foreign_.reset();
    } else if (lease && (!foreign_ || foreign_->fingerprint != lease->fingerprint)) {
        foreign_ = Sighting{lease->fingerprint, clock_.now()};
    }
    return answer;
}

Result<Written> YieldingStore::create(const LeaseKey& key, const LeaseRecord& record,
                                      const CallLimits& limits) {
    // Whoever elected by the Lease that is gone is about to make it again.
    if (foreign_) {
        if (auto error = refusal(key, "", std::chrono::seconds(0))) {
            return *std::move(error);
        }
    }
    return store_->create(key, record, limits);
}

Result<Written> YieldingStore::update(const LeaseKey& key, const Lease& base,
                                      const LeaseRecord& record, const CallLimits& limits) {
    if (!kubernetes::isElectors(base)) {
        const auto longest =
            std::chrono::duration_cast<std::chrono::seconds>(election::kLongestLease);
        const auto duration = base.record.duration.value_or(std::chrono::seconds(0));
        if (auto error = refusal(key, base.fingerprint, std::min(duration, longest))) {
            return *std::move(error);
        }
    }
    return store_->update(key, base, record, limits);
}

ApiError YieldingStore::watch(const LeaseKey& key, WatchSink& sink, election::Duration setUp,
                              std::stop_token stop) {
    return store_->watch(key, sink, setUp, std::move(stop));
}

std::optional<ApiError> YieldingStore::refusal(const LeaseKey& key, const std::string& fingerprint,
                                               std::chrono::seconds duration) {
    const Instant now = clock_.now();
    if (!foreign_ || foreign_->fingerprint != fingerprint) {
        foreign_ = Sighting{fingerprint, now};
    }
    if (now - foreign_->since >= std::max(duration, kQuiet)) {
        return std::nullopt;
    }
    return ApiError{election::ErrorKind::Forbidden, 0, std::nullopt,
                    fmt::format("does not take the Lease {}: somebody elects by it who is no "
                                "elector of ours; campaigns once it has not changed for a minute; "
                                "use another leader-elector.io/lease-name, or end what uses it",
                                key.text())};
}

}  // namespace elector::store
