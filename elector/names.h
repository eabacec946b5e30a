#pragma once

// Names that the elector, the injector, the chart and the tests share. Each is written here and
// nowhere else in C++.
namespace elector::names {

// Prefix of every annotation and label of ours, and of the reserved holder.
inline constexpr const char* kPrefix = "leader-elector.io/";

// Annotation on the Lease: POD_UID/NONCE of the process whose write it was (design rule 6).
inline constexpr const char* kSessionAnnotation = "leader-elector.io/session";

// holderIdentity of a Lease that exists but that nobody holds (design rule 8). It is not empty, so
// that client-go, which takes an empty holder as free, waits for the duration as everybody does.
inline constexpr const char* kVacantHolder = "leader-elector.io/vacant";

inline constexpr const char* kContainer = "leader-elector";
inline constexpr int kDefaultPort = 4040;

}  // namespace elector::names
