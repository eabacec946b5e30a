#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "elector/config/options.h"

namespace injector::admission {

using elector::config::Option;
using elector::config::OptionValues;

// What of the table of options a Pod's annotations or the flags of the release can say, each with
// what it allows.
const std::vector<Option>& sidecarOptions();

// The resources of which the sidecar has a request and a limit: RESOURCE-request, RESOURCE-limit.
const std::vector<std::string_view>& resources();

// What a sidecar is where its Pod's annotations say nothing else: set once for the release. A
// value, checked when the flags were read: each text is what its option allows, and together the
// durations pass election::review.
struct Defaults {
    // With the fallbacks of the table, and no image.
    Defaults();

    // A text that is "" is left out of the container (the elector's own default holds), but for
    // `image`.
    OptionValues values;
    // The namespace of the injector itself, whose own Pods (names::kInjectorLabel) are never
    // injected, while its neighbours are; "" for none (offline).
    std::string releaseNamespace;
};

}  // namespace injector::admission
