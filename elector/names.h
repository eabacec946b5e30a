#pragma once

// Names that the elector, the injector, the chart and the tests share. Each is written here and
// nowhere else in C++.
namespace elector::names {

// Prefix of every annotation and label of ours, and of the reserved holder.
inline constexpr const char* kPrefix = "leader-elector.io/";

// Annotation on the Lease: POD_UID/NONCE of the process whose write it was (design rule 6).
inline constexpr const char* kSessionAnnotation = "leader-elector.io/session";

// Annotation on the Lease: "true" by a leader whose program is unhealthy; something else once a
// healthy candidate asks it for the Lease (rule 17).
inline constexpr const char* kDegradedAnnotation = "leader-elector.io/degraded";

// Annotations on the Lease (rule 18): who is to take what was released, written with the release;
// and a hand-over that somebody asks the leader for, {"from":"web-0","token":"48213","to":"web-2"}.
inline constexpr const char* kPreferredHolderAnnotation = "leader-elector.io/preferred-holder";
inline constexpr const char* kHandOverAnnotation = "leader-elector.io/hand-over";

// holderIdentity of a Lease that exists but that nobody holds (design rule 8). It is not empty, so
// that client-go, which takes an empty holder as free, waits for the duration as everybody does.
inline constexpr const char* kVacantHolder = "leader-elector.io/vacant";

// The sidecar: its container, the program in its image, and the port that it answers on.
inline constexpr const char* kContainer = "leader-elector";
inline constexpr const char* kProgram = "/usr/bin/leader-elector";
inline constexpr int kDefaultPort = 4040;

// What the injector adds to a Pod beside the container: a volume with a token of its own, and a
// label by which monitoring finds the Pod.
inline constexpr const char* kTokenVolume = "leader-elector-token";
inline constexpr const char* kTokenFolder = "/var/run/secrets/kubernetes.io/serviceaccount";
// Those of the folders that it shares with the program's containers, where it has such.
inline constexpr const char* kStatusVolume = "leader-elector-status";
inline constexpr const char* kHealthVolume = "leader-elector-health";
inline constexpr const char* kInjectedLabel = "leader-elector.io/injected";
// Beside it where the sidecar answers on another port than kDefaultPort: a NetworkPolicy for that
// port, which can select Pods by labels alone, leaves these Pods out.
inline constexpr const char* kPortLabel = "leader-elector.io/port";
// Label on the injector's own Pods, which never get a sidecar.
inline constexpr const char* kInjectorLabel = "leader-elector.io/injector";

// Annotations on a Pod or a workload that the injector's parts share; injector/admission has the
// table of all.
inline constexpr const char* kInjectAnnotation = "leader-elector.io/inject";
inline constexpr const char* kLeaseNameAnnotation = "leader-elector.io/lease-name";
inline constexpr const char* kSharedAnnotation = "leader-elector.io/shared";
inline constexpr const char* kStatusAnnotation = "leader-elector.io/status";

// On a Pod template, by the operator: what of it was copied from the workload, a JSON object. Not
// an annotation by which anybody asks for something.
inline constexpr const char* kCopiedAnnotation = "injector.leader-elector.io/copied";

// Roles and RoleBindings of the operator: their names are this and the name of the Lease.
inline constexpr const char* kRolePrefix = "leader-elector:";
// Label on everything that the operator writes, with kOperator as its value.
inline constexpr const char* kManagedByLabel = "app.kubernetes.io/managed-by";
// That value; the operator's field manager; and the component in its Events.
inline constexpr const char* kOperator = "leader-elector-injector";

// The webhook, by its name in the MutatingWebhookConfiguration, and the path that it answers on.
inline constexpr const char* kWebhook = "inject.leader-elector.io";
inline constexpr const char* kWebhookPath = "/inject";

}  // namespace elector::names
