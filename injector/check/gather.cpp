#include "injector/check/gather.h"

#include <map>
#include <utility>
#include <vector>

#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"
#include "injector/operator/pod_reader.h"
#include "injector/operator/rbac.h"

namespace injector::check {

namespace {

using cluster::ObjectMeta;
using operators::OwnerReference;

Reading readingOf(cluster::Api& api, const std::string& path) {
    auto answer = api.get(path);
    if (!answer) {
        return {std::nullopt, answer.error().message};
    }
    return {std::move(answer).value(), ""};
}

// The controllers of what stands between Pods and workloads, by its uid.
using Controllers = std::map<std::string, OwnerReference>;

elector::kubernetes::Result<elector::kubernetes::Done> addControllers(
    cluster::Api& api, const cluster::Resource& resource, const std::string& space,
    Controllers& controllers) {
    const auto listed =
        api.list(cluster::collectionPath(resource, space), "", [&](std::string_view item) {
            const auto meta = cluster::parseMeta(item);
            if (meta && meta.value().controller() != nullptr) {
                controllers.insert_or_assign(meta.value().uid, *meta.value().controller());
            }
        });
    if (!listed) {
        return listed.error();
    }
    return elector::kubernetes::Done();
}

// By what the objects say of each other.
OwnerReference believedWorkloadOf(const operators::PodRecord& pod, const Controllers& controllers) {
    if (!pod.controller) {
        return operators::ownReference(pod);
    }
    const auto above = controllers.find(pod.controller->uid);
    return cluster::workloadOf(*pod.controller,
                               above == controllers.end() ? nullptr : &above->second);
}

bool isOf(const Target& target, const operators::PodRecord& pod, const OwnerReference& workload) {
    return pod.key.space == target.key.space &&
           (target.is(workload) || (pod.controller && target.is(*pod.controller)));
}

}  // namespace

Result<PodFacts> gatherPods(cluster::Api& api, const std::string& space, const Target* target) {
    PodFacts facts;
    Controllers controllers;
    for (const auto* resource : {&cluster::kReplicaSets, &cluster::kJobs}) {
        if (const auto added = addControllers(api, *resource, space, controllers); !added) {
            facts.problem = added.error().message;
        }
    }
    operators::LeadingApi reading(api, [] { return false; });
    operators::Owners owners(reading);
    std::vector<ObjectMeta> kept;
    const auto listed = api.list(
        cluster::collectionPath(cluster::kPods, space), "",
        [&](std::string_view item) {
            auto meta = cluster::parseMeta(item);
            if (!meta) {
                return;
            }
            const auto record = operators::recordOf(meta.value());
            if (operators::concernsUs(meta.value()) ||
                (target != nullptr &&
                 isOf(*target, record, believedWorkloadOf(record, controllers)))) {
                kept.push_back(std::move(meta).value());
            }
        },
        [&] { kept.clear(); });
    if (!listed) {
        return listed.error();
    }
    for (const auto& meta : kept) {
        auto record = operators::recordOf(meta);
        // For whoever may not look it up.
        const auto believed = believedWorkloadOf(record, controllers);
        auto read = operators::readWhole(reading, owners, record, &believed);
        if (!read) {
            facts.problem = read.error().message;
            continue;
        }
        if (auto& pod = read.value()) {
            record.facts = pod->facts;
            facts.pods.push_back({std::move(record), std::move(pod->facts.serviceAccount),
                                  std::move(pod->facts.workload), std::move(pod->image),
                                  std::move(pod->phase)});
        }
    }
    return facts;
}

Result<std::optional<WorkloadFacts>> gatherWorkload(cluster::Api& api, const Target& target) {
    WorkloadFacts facts;
    facts.target = target;
    auto object =
        api.get(cluster::objectPath(target.kind->resource, target.key.space, target.key.name));
    if (!object) {
        return std::move(object).error();
    }
    auto& document = object.value();
    if (!document) {
        return std::optional<WorkloadFacts>();
    }
    facts.object = std::move(*document);
    facts.space = readingOf(api, "/api/v1/namespaces/" + cluster::encoded(target.key.space));
    facts.installation = gatherInstallation(api);
    auto pods = gatherPods(api, target.key.space, &target);
    if (pods) {
        facts.pods = std::move(pods).value();
    } else {
        facts.pods.problem = pods.error().message;
    }
    return std::optional(std::move(facts));
}

LeaseFacts gatherLease(cluster::Api& api, const cluster::ObjectKey& lease,
                       const elector::runtime::Clock& clock) {
    return {readingOf(api, cluster::objectPath(cluster::kLeases, lease.space, lease.name)),
            readingOf(api, operators::rbacPath(operators::RbacKind::Role, lease)),
            readingOf(api, operators::rbacPath(operators::RbacKind::Binding, lease)), clock.wall()};
}

}  // namespace injector::check
