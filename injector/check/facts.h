#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/runtime/clock.h"
#include "injector/admission/options.h"
#include "injector/cluster/api.h"
#include "injector/cluster/workload.h"
#include "injector/operator/pod.h"

namespace injector::check {

// ------------------------------------------------------------------------------------------ target

// The workload that is asked about.
struct Target {
    const cluster::WorkloadKind* kind = nullptr;  // of the table of kinds, which outlives all
    cluster::ObjectKey key;

    // "Deployment/web": for sentences.
    std::string text() const;
    bool is(const cluster::OwnerReference& workload) const;
};

// Reads "deployment/web"; of a kind its name in any case, its plural and kubectl's short name will
// do. Throws elector::config::Refusal for other kinds, and for what no object can be called.
Target parseTarget(std::string_view workload, const std::string& space);

// ------------------------------------------------------------------------------------------- facts

// What was read from the API, as values: what is said about it is decided in diagnosis.h.

// One object, JSON; or nothing, as there is none, or as `problem` says.
struct Reading {
    std::optional<std::string> object;
    std::string problem;  // "" where it was read, or is known not to exist
};

// A Pod that concerns the injector, or is one of the workload asked about.
struct PodFact {
    operators::PodRecord record;         // with its facts
    std::string account;                 // its ServiceAccount
    operators::OwnerReference workload;  // that made it
    operators::OwnerReference maker;     // the same, as far as the objects themselves say
    std::string image;                   // the sidecar's; "" where there is none
    std::string phase;                   // status.phase
};

struct PodFacts {
    std::vector<PodFact> pods;
    std::string problem;  // why some or all of them could not be read; "" for none
};

// One webhook of our name, and the configuration that holds it.
struct WebhookFact {
    std::string configuration;
    std::string webhook;  // JSON
};

// What is installed in the cluster.
struct Installation {
    std::vector<WebhookFact> webhooks;
    std::string problem;  // why the configurations could not be read; "" where they were
    std::string space;    // the release's namespace, as the webhook's service names it; or ""
    // What sidecars are by default, as the release's webhook was told; nothing where that could
    // not be read, as `defaultsProblem` says.
    std::optional<admission::Defaults> defaults;
    std::string defaultsProblem;
    bool copiesAnnotations = true;  // as the release's operator was told
};

// All about one workload but its Lease, whose name is decided by the rest.
struct WorkloadFacts {
    Target target;
    std::string object;   // JSON
    Reading space;        // the Namespace
    Reading limitRanges;  // of the namespace, a list; and its ResourceQuotas
    Reading quotas;
    Installation installation;
    std::string told;     // what the operator's last Event on it says about copies; "" for none
    std::string stays;    // what it says last about Pods that are not replaced; "" for none
    std::string failure;  // what its controller said last of Pods that it could not make
    std::string rollout;  // the object as far as cluster::kTemplateOnly keeps it, JSON
    // When somebody last wrote annotations of ours on it, as far as that is known.
    std::optional<elector::runtime::WallTime> annotated;
    elector::runtime::WallTime now;
    PodFacts pods;  // all of the namespace that concern the injector, or are the workload's
};

// What stands under the name of the Lease.
struct LeaseFacts {
    Reading lease;
    Reading role;
    Reading binding;
    elector::runtime::WallTime now;
};

// ------------------------------------------------------------------------------------------ gather

// Reads from the API what is to be known, by a few calls one after another. What the caller may not
// read is noted, and the rest is read all the same.

using cluster::Result;

// Nothing where there is no such workload. Fails where the workload itself could not be read.
Result<std::optional<WorkloadFacts>> gatherWorkload(cluster::Api& api, const Target& target,
                                                    const elector::runtime::Clock& clock);

// What stands under the name of the Lease.
LeaseFacts gatherLease(cluster::Api& api, const cluster::ObjectKey& lease,
                       const elector::runtime::Clock& clock);

// All Pods that concern the injector, of the namespace or, for "", of all; and those of `target`
// where there is one. Fails where the Pods could not be listed.
Result<PodFacts> gatherPods(cluster::Api& api, const std::string& space, const Target* target);

// When somebody last wrote annotations of ours on a workload, by its managed fields. Pure.
std::optional<elector::runtime::WallTime> annotatedAt(std::string_view object);

// Reads the webhook configurations, and the release's Deployment that the webhook's service leads
// to, for what sidecars are by default.
Installation gatherInstallation(cluster::Api& api);

// Takes from the Deployments of the release's namespace, a list as JSON, what its webhook and
// operator were told. Pure.
void readRelease(std::string_view deployments, Installation& installation);

}  // namespace injector::check
