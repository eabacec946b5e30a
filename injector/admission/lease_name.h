#pragma once

#include <string>

#include "injector/admission/pod_facts.h"

namespace injector::admission {

// The name of the workload that a Pod belongs to, for which its Lease is called where no annotation
// names one: its controller's, or what stands above that:
//   a ReplicaSet NAME-HASH, HASH being the Pod's label pod-template-hash: the Deployment NAME
//   (rollouts-pod-template-hash: the Rollout NAME of Argo);
//   a Job NAME-MINUTES, MINUTES being a time of day as a CronJob writes it: the CronJob NAME.
// "" for a Pod without a controller.
std::string workloadNameOf(const PodFacts& pod);

}  // namespace injector::admission
