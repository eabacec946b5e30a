#include "injector/operator/leases.h"

#include <fmt/format.h>

#include <algorithm>

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

// `identity` is "" or the uid of the Lease that is there, so that one that was deleted meanwhile is
// not made anew; `rest` follows the metadata.
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

std::chrono::seconds durationOf(const LeaseRecord& record) {
    return std::clamp(
        record.duration.value_or(std::chrono::seconds(0)), std::chrono::seconds(0),
        std::chrono::duration_cast<std::chrono::seconds>(elector::election::kLongestLease));
}

}  // namespace

bool isElectors(const ObjectMeta& meta, const LeaseRecord& record) {
    return meta.label(names::kManagedByLabel) == names::kOperator || !record.session.empty() ||
           record.holder == names::kVacantHolder || record == LeaseRecord{};
}

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
        foreign_.erase(lease);
        // One that was there and is not any more may have a leader, who has not heard of it.
        return mayBeHeld || wasMarked ? Result(Standing{State::Missing, ""}) : create(lease);
    }
    const auto meta = cluster::parseMeta(*document);
    const auto parsed = elector::kubernetes::parseLease(*document);
    if (!meta || !parsed) {
        return meta ? parsed.error() : meta.error();
    }
    if (!isElectors(meta.value(), parsed.value().record)) {
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
                             body(meta.key, fmt::format(R"("uid":{},)", jsonString(meta.uid)), ""),
                             cluster::Api::Force::Yes);
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
        // With a holder's name in it our policy lets nobody but electors have it labelled.
        return isHeld ? Result(Standing{State::Unmarked, record.holder}) : mark(meta);
    }
    const bool isLive =
        isHeld && record.renewTime && *record.renewTime + duration > tools_.clock.wall();
    return Standing{sighting.isRenewed || isLive ? State::Foreign : State::Unclear,
                    elector::election::shownHolder(record)};
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
