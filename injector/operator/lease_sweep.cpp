#include "injector/operator/lease_sweep.h"

#include <map>
#include <string>
#include <utility>

#include "elector/election/timing.h"
#include "elector/kubernetes/lease_json.h"
#include "elector/names.h"
#include "injector/cluster/informer.h"
#include "injector/cluster/resource.h"

namespace injector::operators {

std::optional<WallTime> heldUntil(std::string_view lease) {
    const auto parsed = elector::kubernetes::parseLease(lease);
    const auto meta = cluster::parseMeta(lease);
    if (!parsed || !meta) {
        return std::nullopt;
    }
    const auto& record = parsed.value().record;
    if (!record.renewTime) {
        return meta.value().created;
    }
    // A record that claims more than the longest lease there is would never expire.
    const auto longest =
        std::chrono::duration_cast<std::chrono::seconds>(elector::election::kLongestLease);
    return *record.renewTime + std::min(record.duration.value_or(std::chrono::seconds(0)), longest);
}

Result<std::set<ObjectKey>> LeaseSweep::list() {
    std::set<ObjectKey> found;
    std::map<std::string, std::size_t> ofSpace;
    const auto listed = tools_.api.listMetadata(
        cluster::collectionPath(cluster::kLeases, ""), cluster::markedByUs(),
        [&](const cluster::Item& item) {
            auto key = cluster::keyOf(item.text);
            if (ofSpace[key.space]++ < kMostOfSpace) {
                found.insert(std::move(key));
            }
        },
        [&] {
            found.clear();
            ofSpace.clear();
        });
    if (!listed) {
        return listed.error();
    }
    return found;
}

Result<Done> LeaseSweep::visit(const ObjectKey& lease) {
    const auto path = cluster::objectPath(cluster::kLeases, lease.space, lease.name);
    const auto answer = tools_.api.get(path, cluster::kLeaseOnly);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    if (!document) {
        return Done();
    }
    const auto meta = cluster::parseMeta(*document);
    const auto until = heldUntil(*document);
    if (!meta || !until ||
        meta.value().label(elector::names::kManagedByLabel) != elector::names::kOperator ||
        *until + std::chrono::duration_cast<WallTime::duration>(keep_) > tools_.clock.wall()) {
        return Done();
    }
    // Whoever renews it in this moment keeps it.
    const auto removed = tools_.api.remove(path, meta.value().uid, meta.value().resourceVersion);
    if (!removed) {
        return removed.error().kind == ErrorKind::Conflict ? Result<Done>(Done()) : removed;
    }
    tools_.log.info("deleted an expired Lease: no Pod campaigns for it", {{"lease", lease.text()}});
    return Done();
}

}  // namespace injector::operators
