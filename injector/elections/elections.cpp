#include "injector/elections/elections.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "elector/election/timing.h"

namespace injector::elections {
namespace {

using elector::election::Lease;

constexpr std::size_t kMaxGone = 1000;

Duration durationOf(const Lease& lease) {
    const Duration duration = lease.record.duration.value_or(std::chrono::seconds(0));
    return std::clamp(duration, Duration::zero(), Duration(elector::election::kLongestLease));
}

// What a wall clock wrote, on ours: at most now.
Instant ago(const std::optional<elector::election::WallTime>& time, Moment now) {
    const Duration age = time ? Duration(now.wall - *time) : Duration::zero();
    return now.boot - std::max(age, Duration::zero());
}

template <typename Entries>
void keepLast(Entries& entries) {
    while (entries.size() > Elections::kMaxHistory) {
        entries.pop_front();
    }
}

}  // namespace

std::size_t Election::campaigning() const {
    return static_cast<std::size_t>(
        std::ranges::count_if(candidates, [](const Candidate& each) { return each.campaigns; }));
}

Election& Elections::at(const ObjectKey& key) {
    const auto [found, isNew] = elections_.try_emplace(key);
    if (isNew) {
        found->second.lease = key;
    }
    return found->second;
}

void Elections::touch(Election& election) {
    election.version = ++version_;
}

void Elections::put(const ObjectKey& key, const Lease& lease, Moment now) {
    const bool isFirst = !tracked_.contains(key);
    Election& election = at(key);
    Tracked& tracked = tracked_[key];
    if (tracked.fingerprint == lease.fingerprint) {
        return;
    }
    expire(election, now.boot);
    // Seen for the first time it may have been renewed long ago, and after that it changes as it is
    // watched.
    election.renewed = isFirst ? ago(lease.record.renewTime, now) : now.boot;
    election.duration = durationOf(lease);
    election.isForLife = elector::election::isHeldForLife(lease);
    const std::string holder = elector::election::shownHolder(lease.record);
    // A candidate that asks for the Lease writes something else there.
    election.isDegraded = !lease.record.degraded.empty();
    const bool isNewTerm =
        holder != tracked.claimant || lease.record.transitions != election.term || isFirst;
    election.term = lease.record.transitions;
    if (!holder.empty() && (isNewTerm || election.holder.empty())) {
        begin(election, tracked, lease, now, isFirst);
    } else if (holder.empty() && !election.holder.empty()) {
        end(election, now.boot);
    }
    if (holder.empty()) {
        tracked.wasReleased = !tracked.fingerprint.empty() && !tracked.claimant.empty();
        if (!election.leaderlessSince) {
            // What is seen for the first time was released when it was last written.
            election.leaderlessSince = std::max(election.renewed, began_);
        }
    }
    if (const std::string& session = lease.record.session; session != tracked.session) {
        if (!session.empty() && session == tracked.sessionBefore && holder == tracked.claimant) {
            tracked.sessionsAlternate = now.boot;
        }
        tracked.sessionBefore = std::exchange(tracked.session, session);
    }
    tracked.claimant = holder;
    tracked.fingerprint = lease.fingerprint;
    refresh(election, now.boot);
    touch(election);
}

void Elections::begin(Election& election, Tracked& tracked, const Lease& lease, Moment now,
                      bool isFirst) {
    const std::string& holder = lease.record.holder;
    std::string how = "after a release";
    if (!election.holder.empty()) {
        how = holder == election.holder ? "again" : "from " + election.holder;
    } else if (!tracked.wasReleased) {
        how = tracked.claimant.empty() ? "of a Lease that nobody led"
                                       : "after the term of " + tracked.claimant + " had expired";
    }
    const Instant since = isFirst ? ago(lease.record.acquireTime, now) : now.boot;
    end(election, now.boot);
    if (const auto vacant = std::exchange(election.leaderlessSince, std::nullopt)) {
        election.leaderless += now.boot - *vacant;
    }
    election.holder = holder;
    election.heldSince = since;
    election.token = isFirst ? "" : lease.revision.text();
    election.spans.push_back({holder, std::max(since, began_), std::nullopt});
    keepLast(election.spans);
    if (!isFirst) {
        election.takeovers.push_back({now.boot, holder, std::move(how)});
        keepLast(election.takeovers);
    }
    tracked.wasReleased = false;
}

void Elections::end(Election& election, Instant when) {
    if (!election.spans.empty() && !election.spans.back().to) {
        election.spans.back().to = std::max(when, election.spans.back().from);
    }
    if (!election.holder.empty()) {
        election.leaderlessSince = std::max(when, began_);
    }
    election.holder.clear();
    election.node.clear();
    election.heldSince.reset();
    election.token.clear();
}

// False where the term goes on, or nobody leads.
bool Elections::expire(Election& election, Instant now) {
    if (election.holder.empty() || election.isForLife ||
        now <= election.renewed + election.duration) {
        return false;
    }
    end(election, election.renewed + election.duration);
    return true;
}

void Elections::remove(const ObjectKey& key, Instant now) {
    const auto found = tracked_.find(key);
    if (found == tracked_.end()) {
        return;
    }
    tracked_.erase(found);
    Election& election = at(key);
    end(election, now);
    refresh(election, now);
    touch(election);
    dropIfEmpty(key);
}

void Elections::putPod(const ObjectKey& pod, const std::string& lease, Candidate candidate,
                       Instant now) {
    const ObjectKey key{pod.space, lease};
    if (const auto known = leaseOfPod_.find(pod);
        known != leaseOfPod_.end() && known->second != key) {
        removePod(pod, now);
    }
    leaseOfPod_[pod] = key;
    Election& election = at(key);
    const auto place =
        std::ranges::lower_bound(election.candidates, pod.name, {}, &Candidate::name);
    if (place == election.candidates.end() || place->name != pod.name) {
        election.candidates.insert(place, std::move(candidate));
    } else if (*place == candidate) {
        return;
    } else {
        *place = std::move(candidate);
    }
    if (!tracked_.contains(key) && !election.leaderlessSince) {
        election.leaderlessSince = now;
    }
    refresh(election, now);
    touch(election);
}

void Elections::removePod(const ObjectKey& pod, Instant now) {
    const auto known = leaseOfPod_.find(pod);
    if (known == leaseOfPod_.end()) {
        return;
    }
    const ObjectKey key = known->second;
    leaseOfPod_.erase(known);
    Election& election = at(key);
    std::erase_if(election.candidates,
                  [&pod](const Candidate& each) { return each.name == pod.name; });
    refresh(election, now);
    touch(election);
    dropIfEmpty(key);
}

void Elections::dropIfEmpty(const ObjectKey& key) {
    if (tracked_.contains(key) || !at(key).candidates.empty()) {
        return;
    }
    elections_.erase(key);
    gone_.emplace_back(++version_, key);
    if (gone_.size() > kMaxGone) {
        goneBefore_ = gone_.front().first;
        gone_.pop_front();
    }
}

std::optional<std::vector<ObjectKey>> Elections::goneSince(std::uint64_t version) const {
    if (version < goneBefore_) {
        return std::nullopt;
    }
    std::vector<ObjectKey> keys;
    for (const auto& [when, key] : gone_) {
        if (when > version && !elections_.contains(key)) {
            keys.push_back(key);
        }
    }
    return keys;
}

void Elections::passTime(Instant now) {
    for (auto& [key, election] : elections_) {
        const bool hasExpired = expire(election, now);
        // A thousand elections are looked at four times a second.
        if (!election.holder.empty() && election.takeovers.empty() && election.warnings.empty()) {
            continue;
        }
        const auto warnings = election.warnings;
        refresh(election, now);
        if (hasExpired || warnings != election.warnings) {
            touch(election);
        }
    }
}

// What follows from the rest: workload, node, warnings.
void Elections::refresh(Election& election, Instant now) {
    const auto& candidates = election.candidates;
    election.workload = candidates.empty() ? "" : candidates.front().workload;
    const auto leader = std::ranges::lower_bound(candidates, election.holder, {}, &Candidate::name);
    const bool isKnown = leader != candidates.end() && leader->name == election.holder;
    election.node = isKnown ? leader->node : "";
    election.warnings.clear();
    const std::size_t campaigning = election.campaigning();
    if (election.holder.empty() && election.leaderlessSince && campaigning > 0 &&
        now - *election.leaderlessSince > election.duration + kPatience) {
        election.warnings.push_back(
            fmt::format("Nobody leads, though {} campaign{}: their logs and /readyz say why.",
                        campaigning == 1 ? "one Pod" : fmt::format("{} Pods", campaigning),
                        campaigning == 1 ? "s" : ""));
    }
    if (!election.holder.empty() && election.isDegraded) {
        election.warnings.emplace_back(
            "The leader's program is unhealthy: it leads until a healthy candidate takes over.");
    }
    const auto late = std::ranges::count_if(election.takeovers, [now](const Takeover& takeover) {
        return takeover.at > now - kFlapping;
    });
    if (std::cmp_greater(late, kManyTakeovers)) {
        election.warnings.push_back(
            fmt::format("The leader changed {} times within {} minutes.", late, kFlapping.count()));
    }
    if (const auto tracked = tracked_.find(election.lease); tracked != tracked_.end()) {
        const auto& alternate = tracked->second.sessionsAlternate;
        if (alternate && *alternate > now - kFlapping) {
            election.warnings.push_back("Two processes campaign with the same id, " +
                                        tracked->second.claimant + ": give each an id of its own.");
        }
    }
    for (const Candidate& candidate : election.candidates) {
        if (!candidate.problem.empty()) {
            election.warnings.push_back(
                fmt::format("Pod {} has no sidecar: {}.", candidate.name, candidate.problem));
        }
    }
}

}  // namespace injector::elections
