#include "injector/operator/lease_label.h"

#include <fmt/format.h>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "injector/cluster/resource.h"

namespace injector::operators {
namespace {

namespace names = elector::names;
using elector::runtime::jsonString;

// With its uid, so that a Lease that was deleted meanwhile is not made anew.
std::string labelBody(const ObjectMeta& lease) {
    return fmt::format(
        R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":{},"namespace":{},"uid":{},)"
        R"("labels":{{"{}":"{}"}}}}}})",
        cluster::kLeases.apiVersion, cluster::kLeases.kind, jsonString(lease.key.name),
        jsonString(lease.key.space), jsonString(lease.uid), names::kManagedByLabel,
        names::kOperator);
}

}  // namespace

Result<Outcome> LeaseLabel::reconcile(const ObjectKey& lease) {
    if (labelled_.contains(lease) || isProtected(lease.space)) {
        return Outcome::Settled;
    }
    const auto path = cluster::objectPath(cluster::kLeases, lease.space, lease.name);
    const auto found = tools_.api.getMeta(path);
    if (!found) {
        return found.error();
    }
    const std::optional<ObjectMeta>& meta = found.value();
    if (!meta) {
        return Outcome::ComeAgain;
    }
    if (meta->label(names::kManagedByLabel) != names::kOperator) {
        const auto written = tools_.api.apply(path, labelBody(*meta), cluster::Api::Force::Yes);
        if (!written) {
            return written.error();
        }
        tools_.log.info("labelled a Lease", {{"lease", lease.text()}});
    }
    labelled_.insert(lease);
    return Outcome::Settled;
}

}  // namespace injector::operators
