#pragma once

// The reasons of the Events that the operator posts on workloads: what people filter by.
namespace injector::operators::reasons {

// A Pod asked for a sidecar and was let through without one, for the reason given.
inline constexpr const char* kInjectionSkipped = "InjectionSkipped";
// A Pod asked for a sidecar and came up without one: the webhook was not asked.
inline constexpr const char* kInjectionMissed = "InjectionMissed";
// A sidecar was told to campaign for what cannot be the name of a Lease.
inline constexpr const char* kInvalidLeaseName = "InvalidLeaseName";
// A sidecar was told to campaign for a Lease that is called after what is not its workload.
inline constexpr const char* kLeaseNameNeeded = "LeaseNameNeeded";
// A second workload campaigns for a Lease without sharing it, or somebody else elects by it: the
// workload gets no rights.
inline constexpr const char* kLeaseConflict = "LeaseConflict";
// The namespace has as many Leases as one may have: no rights on another are given.
inline constexpr const char* kTooManyLeases = "TooManyLeases";
// The namespace has more objects of this kind than the operator keeps of one: it does nothing for
// this one and for others.
inline constexpr const char* kTooManyObjects = "TooManyObjects";
// The namespace has had as many Events as one may have in a while: others are left out.
inline constexpr const char* kEventsLeftOut = "EventsLeftOut";
// One ServiceAccount serves several Leases: its Pods may write all of them.
inline constexpr const char* kLeaseShared = "LeaseShared";
// The workload's annotations could not go to its template.
inline constexpr const char* kAnnotationsNotCopied = "AnnotationsNotCopied";
// They went there, and somebody took them away again.
inline constexpr const char* kCopyUndone = "CopyUndone";
// The template has them, and Pods of the template of before are not replaced.
inline constexpr const char* kPodsNotReplaced = "PodsNotReplaced";
// A Role or RoleBinding of the name that we would use is somebody else's.
inline constexpr const char* kForeignRole = "ForeignRole";

}  // namespace injector::operators::reasons
