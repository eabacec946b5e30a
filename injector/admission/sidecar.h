#pragma once

#include <cstdint>
#include <string>

#include "injector/admission/annotations.h"
#include "injector/admission/defaults.h"

namespace injector::admission {

// All that the sidecar of one Pod depends on: what its annotations say, over the defaults. A text
// that is "" is left out of the container.
struct SidecarSpec {
    std::string image;
    std::string imagePullPolicy;
    Mode mode = Mode::Sidecar;
    std::uint16_t port = 0;
    std::string leaseName;
    std::string leaseDuration;
    std::string leaseRenewDuration;
    std::string retryPeriod;
    std::string drain;
    std::string logLevel;
    std::string cpuRequest;
    std::string cpuLimit;
    std::string memoryRequest;
    std::string memoryLimit;
    std::string storageRequest;  // ephemeral-storage; in no default
    std::string storageLimit;
    bool onHostNetwork = false;
    bool needsUser = false;  // the Pod says that its containers run as root
};

// The Pod's own part is left to the caller: leaseName, onHostNetwork, needsUser. Of a request and a
// limit of which the annotations give one, both are that, so that they stay equal; but for one that
// the defaults leave out.
SidecarSpec sidecarSpecOf(const Wish& wish, const Defaults& defaults);

// The container as JSON. By itself it meets the Pod security standard `restricted`.
std::string sidecarContainer(const SidecarSpec& spec);

// The volume with its token, as JSON: what automountServiceAccountToken would mount, for this
// container alone.
std::string tokenVolume();

}  // namespace injector::admission
