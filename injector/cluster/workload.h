#pragma once

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

// The workloads that there are, and which of them a Pod belongs to. The webhook goes by names, as
// it asks nobody; `inject` by the names that the cluster would give; the operator and `check` by
// what they read: all by this table and this algorithm, so that they agree. Pure.
namespace injector::cluster {

// Whether the operator copies annotations of the workload itself to its template.
enum class Copying { Never, Always, WhileSuspended };

// How a controller calls the ControllerRevision of the template that a Pod was made of.
enum class Revisions { None, ByLabel, ByNameAndLabel };

// A kind of object that is a Pod, makes Pods, or has a template of them. All texts are literals.
struct WorkloadKind {
    Resource resource;  // its apiVersion is what Pods and others name in their owner references
    // kubectl's; "" for a kind that operator and `check` may not read.
    std::string_view shortName;
    // The way to the template, by keys, "" behind the last; none where the object is a Pod itself.
    std::array<std::string_view, 4> path;
    Copying copying = Copying::Never;
    bool makesPods = false;  // and does not have another kind make them
    Revisions revisions = Revisions::None;
    bool hasSelector = true;  // of what stands below it

    bool isReadable() const { return !shortName.empty(); }
    bool isPod() const { return path.front().empty(); }
    // The path without what is empty.
    std::span<const std::string_view> keys() const;
};

std::span<const WorkloadKind> workloadKinds();

// The kind of this name in whatever version of its group; nullptr for what is no workload that we
// know.
const WorkloadKind* findWorkloadKind(std::string_view apiVersion, std::string_view kind);

// The Pod template in `object`, JSON; for a Pod, the object. Nothing where there is none. A view
// into `object`.
std::optional<std::string_view> templateOf(const WorkloadKind& kind, std::string_view object);

// The way to the annotations of its Pods, each key behind `prefix`: "f:" in managed fields.
std::vector<std::string> annotationsPath(const WorkloadKind& kind, std::string_view prefix = "");

// Whether a whole Job is suspended: else its template cannot be changed.
bool isSuspended(std::string_view job);

using Labels = std::map<std::string, std::string>;

// The labels of a Pod by which the name of its workload is told from that of its controller.
const std::vector<std::string_view>& namingLabels();

// The workload of the Pods that `controller` made, `above` being the controller of that one, or
// nullptr: of a ReplicaSet its Deployment, of a Job its CronJob, of either whatever else of a kind
// that we do not know controls it; of a ReplicationController its DeploymentConfig; else
// `controller` itself, of whatever kind it is. A Deployment is one whatever controls it.
OwnerReference workloadOf(const OwnerReference& controller, const OwnerReference* above);

// The same by names alone: `controller` made a Pod with these labels, of which namingLabels() are
// looked at. Has no uid where the workload is another than `controller`:
//   a ReplicaSet NAME-HASH, HASH being the Pod's label pod-template-hash, has a Deployment NAME
//   (rollouts-pod-template-hash: a Rollout NAME of Argo);
//   a Job NAME-MINUTES, MINUTES being a time of day as a CronJob writes it, has a CronJob NAME;
//   a ReplicationController has the DeploymentConfig that the Pod's label deploymentconfig names;
//   a Deployment, also one found so, the Configuration of Knative that the Pod's label
//   serving.knative.dev/configuration names.
OwnerReference workloadByName(const OwnerReference& controller, const Labels& labels);

// Whether the Lease is called after `maker`, which controls a Pod of `workload` and is another
// object: others of the same workload are called otherwise. So it is with a Job that was made by
// hand from a CronJob, and with what a controller of a kind that we do not know made.
bool isCalledAfterMaker(std::string_view lease, const OwnerReference& maker,
                        const OwnerReference& workload);

// The controller, without uid, of the Pods of a workload: workloadByName() backwards.
struct NamedController {
    OwnerReference reference;
    std::string label;   // that its Pods have besides those of the template; "" for none
    std::string suffix;  // the value of that label
};
// `labels`: of the template, JSON. Nothing for a kind that makes no Pods.
std::optional<NamedController> controllerByName(const WorkloadKind& kind, const std::string& name,
                                                std::string_view labels);

}  // namespace injector::cluster
