#pragma once

// The reasons of the Events that the operator posts on workloads: what people filter by.
namespace injector::operators::reasons {

// A Pod asked for a sidecar and was let through without one, for the reason given.
inline constexpr const char* kInjectionSkipped = "InjectionSkipped";
// A Pod asked for a sidecar and came up without one: the webhook was not asked.
inline constexpr const char* kInjectionMissed = "InjectionMissed";
// A second workload campaigns for a Lease without sharing it: it gets no rights.
inline constexpr const char* kLeaseConflict = "LeaseConflict";
// One ServiceAccount serves several Leases: its Pods may write all of them.
inline constexpr const char* kLeaseShared = "LeaseShared";
// The workload's annotations could not go to its template.
inline constexpr const char* kAnnotationsNotCopied = "AnnotationsNotCopied";
// A Role or RoleBinding of the name that we would use is somebody else's.
inline constexpr const char* kForeignRole = "ForeignRole";

}  // namespace injector::operators::reasons
