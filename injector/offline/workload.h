#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

// Objects with a Pod template, and the Pods that the cluster would make of them.
namespace injector::offline {

// Whether the operator copies annotations of the workload itself to its template.
enum class Copying { Never, Always, WhileSuspended };

// A kind of workload. All texts are literals.
struct WorkloadKind {
    std::string_view apiVersion;  // as its Pods name it in their owner references
    std::string_view kind;
    // The way to the template, by keys, "" behind the last; none where the object is a Pod itself.
    std::array<std::string_view, 4> path;
    Copying copying = Copying::Never;
};

// The kind of an object whose `apiVersion` and `kind` these are; any version of its group counts.
// nullptr for what is no workload that we know.
const WorkloadKind* findWorkloadKind(std::string_view apiVersion, std::string_view kind);

// The Pod template in `object`, JSON; for a Pod, the object. Nothing where there is none. A view
// into `object`.
std::optional<std::string_view> templateOf(const WorkloadKind& kind, std::string_view object);

// Whether `object` has annotations of ours: on itself, status left out, or on its template.
struct Annotated {
    bool itself = false;
    bool onTemplate = false;
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
