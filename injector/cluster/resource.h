#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "elector/kubernetes/connection.h"

// Which objects of the API there are that the injector deals with, and where they are found.
namespace injector::cluster {

// A kind of object. All texts are literals.
struct Resource {
    std::string_view apiVersion;  // "v1", "apps/v1"
    std::string_view kind;        // "Deployment"
    std::string_view plural;      // "deployments"

    auto operator<=>(const Resource&) const = default;
};

inline constexpr Resource kPods{"v1", "Pod", "pods"};
inline constexpr Resource kEvents{"v1", "Event", "events"};
inline constexpr Resource kSecrets{"v1", "Secret", "secrets"};
inline constexpr Resource kLimitRanges{"v1", "LimitRange", "limitranges"};
inline constexpr Resource kQuotas{"v1", "ResourceQuota", "resourcequotas"};
inline constexpr Resource kDeployments{"apps/v1", "Deployment", "deployments"};
inline constexpr Resource kReplicaSets{"apps/v1", "ReplicaSet", "replicasets"};
inline constexpr Resource kStatefulSets{"apps/v1", "StatefulSet", "statefulsets"};
inline constexpr Resource kDaemonSets{"apps/v1", "DaemonSet", "daemonsets"};
inline constexpr Resource kJobs{"batch/v1", "Job", "jobs"};
inline constexpr Resource kCronJobs{"batch/v1", "CronJob", "cronjobs"};
inline constexpr Resource kLeases{"coordination.k8s.io/v1", "Lease", "leases"};
inline constexpr Resource kRoles{"rbac.authorization.k8s.io/v1", "Role", "roles"};
inline constexpr Resource kRoleBindings{"rbac.authorization.k8s.io/v1", "RoleBinding",
                                        "rolebindings"};
inline constexpr Resource kMutatingWebhookConfigurations{"admissionregistration.k8s.io/v1",
                                                         "MutatingWebhookConfiguration",
                                                         "mutatingwebhookconfigurations"};

// "apps" of "apps/v1"; "" of "v1", the core group, which has no name.
std::string_view groupOf(std::string_view apiVersion);

// Where the objects of a namespace are; "": those of all namespaces, or of a kind without any.
// What stands in a path is encoded.
std::string collectionPath(const Resource& resource, std::string_view space);
// REQUIRES: `name` is not empty: the path would be the collection's.
std::string objectPath(const Resource& resource, std::string_view space, std::string_view name);

using elector::kubernetes::encoded;

// Whether Pods, workloads and Leases of the namespace are left alone, whatever they say.
bool isProtected(std::string_view space);

}  // namespace injector::cluster
