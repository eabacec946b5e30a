#pragma once

#include <string>

namespace injector::admission {

enum class Mode {
    Sidecar,    // a native sidecar: an init container with restartPolicy Always
    Container,  // a plain container beside the program's
};

// What a sidecar is where its Pod's annotations say nothing else: set once for the release. A
// value, checked when the flags were read: durations and quantities are well-formed, and together
// they pass election::review.
//
// Each text may be "", which leaves it out of the container (the elector's own default holds), but
// for `image`.
struct Defaults {
    std::string image;
    std::string imagePullPolicy;
    // Enough for half a second from the start to the first answer; with 10m that takes three.
    std::string cpuRequest = "50m";
    std::string cpuLimit = "50m";
    std::string memoryRequest = "32Mi";
    std::string memoryLimit = "32Mi";
    std::string leaseDuration;
    std::string leaseRenewDuration;
    std::string retryPeriod;
    std::string logLevel;
    Mode mode = Mode::Sidecar;
    // The namespace of the injector itself, whose own Pods (names::kInjectorLabel) are never
    // injected, while its neighbours are; "" for none (offline).
    std::string releaseNamespace;
};

}  // namespace injector::admission
