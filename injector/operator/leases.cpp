#include "injector/operator/leases.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/config/values.h"
#include "elector/election/timing.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/time_text.h"
#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
using elector::election::LeaseRecord;
using elector::runtime::jsonString;

// `identity` is "" or the members of the metadata that say which Lease is there; `rest` follows the
// metadata.
std::string body(const ObjectKey& lease, const std::string& identity, const std::string& rest) {
    return fmt::format(R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":{},"namespace":{},{})"
                       R"("labels":{{"{}":"{}"}}}}{}}})",
                       cluster::kLeases.apiVersion, cluster::kLeases.kind, jsonString(lease.name),
                       jsonString(lease.space), identity, names::kManagedByLabel, names::kOperator,
                       rest);
}

// As a proper release leaves it behind: every elector takes it at once.
std::string releasedBody(const ObjectKey& lease, WallTime now) {
    const auto time = jsonString(elector::runtime::formatMicroTime(now));
    return body(
        lease, "",
        fmt::format(
            R"(,"spec":{{"holderIdentity":"","leaseDurationSeconds":1,"acquireTime":{0},"renewTime":{0}}})",
            time));
}

// So that it is written only if it is as it was seen: one that was deleted meanwhile is not made
// anew, and one that somebody else has begun to elect by is not labelled.
std::string identityOf(const ObjectMeta& meta) {
    return fmt::format(R"("uid":{},"resourceVersion":{},)", jsonString(meta.uid),
                       jsonString(meta.resourceVersion));
}

std::chrono::seconds durationOf(const LeaseRecord& record) {
    return std::clamp(
        record.duration.value_or(std::chrono::seconds(0)), std::chrono::seconds(0),
        std::chrono::duration_cast<std::chrono::seconds>(elector::election::kLongestLease));
}

}  // namespace

Result<Leases::Standing> Leases::prepare(const ObjectKey& lease, bool mayBeHeld) {
    const bool wasMarked = has(lease);
    if (isProtected(lease.space) || (wasMarked && mayBeHeld)) {
        return Standing{State::Marked, ""};
    }
    const auto answer = tools_.api.get(
        cluster::objectPath(cluster::kLeases, lease.space, lease.name), cluster::kLeaseOnly);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    if (!document) {
        if (mayReturn(lease)) {
            return Standing{State::Foreign, ""};
        }
        // One that was there and is not any more may have a leader, who has not heard of it.
        return mayBeHeld || wasMarked ? Result(Standing{State::Missing, ""}) : create(lease);
    }
    const auto meta = cluster::parseMeta(*document);
    const auto parsed = elector::kubernetes::parseLease(*document);
    if (!meta || !parsed) {
        return meta ? parsed.error() : meta.error();
    }
    if (!elector::kubernetes::isElectors(parsed.value())) {
        return watchOver(meta.value(), parsed.value());
    }
    foreign_.erase(lease);
    return mark(meta.value());
}

Result<Leases::Standing> Leases::create(const ObjectKey& lease) {
    const auto made = tools_.api.create(cluster::collectionPath(cluster::kLeases, lease.space),
                                        releasedBody(lease, tools_.clock.wall()));
    if (!made) {
        return made.error();
    }
    tools_.log.info("made a Lease", {{"lease", lease.text()}});
    remember(lease);
    return Standing{State::Marked, ""};
}

Result<Leases::Standing> Leases::mark(const ObjectMeta& meta) {
    if (meta.label(names::kManagedByLabel) != names::kOperator) {
        const auto written =
            tools_.api.apply(cluster::objectPath(cluster::kLeases, meta.key.space, meta.key.name),
                             body(meta.key, identityOf(meta), ""), cluster::Api::Force::Yes);
        if (!written) {
            return written.error();
        }
        tools_.log.info("labelled a Lease", {{"lease", meta.key.text()}});
    }
    remember(meta.key);
    return Standing{State::Marked, ""};
}

// By our clock, as an elector waits: what another machine wrote as its time proves nothing but that
// somebody was there lately.
Result<Leases::Standing> Leases::watchOver(const ObjectMeta& meta,
                                           const elector::election::Lease& lease) {
    if (foreign_.size() >= kMaxKept) {
        foreign_.clear();
    }
    const auto now = tools_.clock.now();
    const auto& record = lease.record;
    const auto duration = durationOf(record);
    const auto [found, isNew] =
        foreign_.try_emplace(meta.key, Sighting{lease.fingerprint, now, false});
    auto& sighting = found->second;
    if (sighting.fingerprint != lease.fingerprint) {
        sighting = {lease.fingerprint, now, true};
    }
    const bool isHeld = !elector::election::isUnheld(record);
    if (now - sighting.since >= std::max(duration, kQuiet)) {
        if (!isHeld) {
            return mark(meta);
        }
        const auto lives = isPod(meta.key.space, record.holder);
        if (!lives) {
            return lives.error();
        }
        // With a holder's name in it our policy lets nobody but electors have it labelled.
        return Standing{lives.value() ? State::Foreign : State::Unmarked, record.holder};
    }
    const bool isLive =
        isHeld && record.renewTime && *record.renewTime + duration > tools_.clock.wall();
    return Standing{sighting.isRenewed || isLive ? State::Foreign : State::Unclear,
                    elector::election::shownHolder(record)};
}

// Whether those who elected by a Lease that is gone may be about to make it again.
bool Leases::mayReturn(const ObjectKey& lease) {
    const auto found = foreign_.find(lease);
    if (found == foreign_.end()) {
        return false;
    }
    const auto now = tools_.clock.now();
    auto& sighting = found->second;
    if (!sighting.fingerprint.empty()) {
        sighting = {"", now, true};
    }
    if (now - sighting.since < kQuiet) {
        return true;
    }
    foreign_.erase(found);
    return false;
}

// Whether the holder is a Pod that has not ended. By custom it is called as the Pod, or as the Pod
// with an underscore and something that is unique behind it (client-go's examples, kubebuilder).
Result<bool> Leases::isPod(const std::string& space, const std::string& holder) {
    const auto name = holder.substr(0, holder.find('_'));
    if (!elector::config::isDnsSubdomain(name)) {
        return false;
    }
    const auto answer =
        tools_.api.get(cluster::objectPath(cluster::kPods, space, name), cluster::kPodOnly);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    const auto pod = document ? readPod(*document) : Result<WholePod>(WholePod());
    return document && pod && pod.value().phase != "Succeeded" && pod.value().phase != "Failed";
}

void Leases::remember(const ObjectKey& lease) {
    const std::lock_guard guard(mutex_);
    marked_.insert(lease);
}

void Leases::recall(std::set<ObjectKey> marked) {
    const std::lock_guard guard(mutex_);
    marked_ = std::move(marked);
}

void Leases::forget(const ObjectKey& lease) {
    const std::lock_guard guard(mutex_);
    marked_.erase(lease);
}

bool Leases::has(const ObjectKey& lease) const {
    const std::lock_guard guard(mutex_);
    return marked_.contains(lease);
}

}  // namespace injector::operators
