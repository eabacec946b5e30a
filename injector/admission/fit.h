#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "injector/admission/pod_reader.h"
#include "injector/admission/sidecar.h"

// How much CPU and memory the sidecar may have in a Pod that says so itself.
namespace injector::admission {

// What a Pod says about one resource, in whole units.
struct AmountFacts {
    bool isShared = false;             // the Pod has an amount for all its containers together
    std::optional<double> podRequest;  // of those amounts
    std::optional<double> podLimit;
    double requested = 0;  // by containers and native sidecars, each for itself
};

struct ResourceFacts {
    AmountFacts cpu;
    AmountFacts memory;
    bool sharesAny = false;  // spec.resources says anything of these two
    bool isGuaranteed =
        true;  // each container read so far has limits of both, and requests like them
};

// Takes note of the Pod's own `resources`, of spec.
void readShared(PodReader& reader, PodReader::Value resources, ResourceFacts& facts);
// Takes note of the `resources` of a container that runs as long as the Pod, or, if it is not
// `lasting`, of one that ends before.
void readOwn(PodReader& reader, PodReader::Value resources, bool lasting, ResourceFacts& facts);

// Makes what the sidecar asks for fit: where the Pod has an amount for all, and its annotations
// say nothing of the sidecar's, the sidecar has none of its own and shares the Pod's; in a Pod of
// the class Guaranteed its requests equal its limits. Returns what cannot fit, in a sentence; or
// "".
std::string fit(const ResourceFacts& facts, const Wish& wish, SidecarSpec& spec);

}  // namespace injector::admission
