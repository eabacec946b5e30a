#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elector/runtime/clock.h"
#include "injector/admission/options.h"
#include "injector/check/target.h"
#include "injector/operator/pod.h"

// What was read from the API, as values: what is said about it is decided in diagnosis.h and
// survey.h.
namespace injector::check {

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
    std::string object;  // JSON
    Reading space;       // the Namespace
    Installation installation;
    PodFacts pods;  // all of the namespace that concern the injector, or are the workload's
};

// What stands under the name of the Lease.
struct LeaseFacts {
    Reading lease;
    Reading role;
    Reading binding;
    elector::runtime::WallTime now;
};

}  // namespace injector::check
