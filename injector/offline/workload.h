#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "injector/cluster/workload.h"

// Objects with a Pod template, and the Pods that the cluster would make of them.
namespace injector::offline {

using cluster::Copying;
using cluster::templateOf;
using cluster::WorkloadKind;

// Whether `object` has annotations of ours: on itself, status left out, or on its template.
struct Annotated {
    bool itself = false;
    bool onTemplate = false;
    // Those of its own that its template has with another value: the template's win.
    std::vector<std::string> contested;
};
Annotated annotationsOf(const WorkloadKind& kind, std::string_view object);

// True where a controller owns `object`: the operator never writes to it.
bool isOwned(std::string_view object);

enum class Copies { No, Yes };

// The Pod that the cluster would make of `object`: its template as a Pod, with the owner (and the
// label) by which the name of the workload is found; with Copies::Yes, also with the annotations of
// the workload itself that the operator would copy to the template. Those of the template win.
// REQUIRES: templateOf() is something.
std::string podOf(const WorkloadKind& kind, std::string_view object, Copies copies);

// The template of `object` as `pod` has it: podOf() backwards, after `pod` was changed.
std::string templateFrom(const WorkloadKind& kind, std::string_view object, std::string_view pod);

}  // namespace injector::offline
