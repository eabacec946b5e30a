#pragma once

#include <string>
#include <utility>
#include <vector>

#include "injector/admission/admission.h"

// Pods for tests.
namespace injector::admission {

using Pairs = std::vector<std::pair<std::string, std::string>>;

// Annotations by their names without our prefix, as members of a JSON object.
std::string annotationsText(const Pairs& annotations);

// A Pod with these annotations and with `spec` as the text of its spec. The spec's default has one
// container, "web".
std::string podWith(const Pairs& annotations, const std::string& spec = "");

// The same, asking for injection into the Lease "web".
std::string askingPod(Pairs more = {}, const std::string& spec = "");

// Defaults with an image.
Defaults someDefaults();

// The text of the sidecar in a Pod with the patch of its decision applied. Throws where there is
// none.
std::string sidecarIn(const std::string& pod, const Defaults& defaults);

}  // namespace injector::admission
