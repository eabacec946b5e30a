#pragma once

#include <cstdint>
#include <string>

#include "injector/admission/annotations.h"
#include "injector/admission/options.h"

namespace injector::admission {

enum class Mode {
    Sidecar,    // a native sidecar: an init container with restartPolicy Always
    Container,  // a plain container beside the program's
};

// All that the sidecar of one Pod depends on.
struct SidecarSpec {
    // What its annotations say, over the defaults. A text that is "" is left out of the container.
    OptionValues values;
    Mode mode = Mode::Sidecar;
    std::uint16_t port = 0;
    bool onHostNetwork = false;
    bool needsUser = false;  // the Pod says that its containers run as root
};

// The Pod's own part is left to the caller: its lease-name, onHostNetwork, needsUser. Of a request
// and a limit of which the annotations give one, both are that, so that they stay equal; but for
// one that the defaults leave out.
SidecarSpec sidecarSpecOf(const Wish& wish, const Defaults& defaults);

// The container as JSON. By itself it meets the Pod security standard `restricted`.
std::string sidecarContainer(const SidecarSpec& spec);

// The volume with its token, as JSON: what automountServiceAccountToken would mount, for this
// container alone.
std::string tokenVolume();

}  // namespace injector::admission
