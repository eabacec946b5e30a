#pragma once

#include "elector/kubernetes/json_filter.h"

// What is kept of the objects of tenants while they are read: what the injector uses of them, each
// part of it bounded, so that it needs as much memory for the worst object as for a usual one. A
// part that does not fit is left out as if it was absent.
namespace injector::cluster {

// The metadata as parseMeta() reads it: names and versions; of labels and annotations those of
// ours; the controller of the owners; and of the managed fields what names::kOperator has applied.
// Also what a Status says, which a watch sends in place of an object.
extern const elector::kubernetes::json_text::Keep kMetaOnly;

// A whole Pod, as far as the injector and its `check` read it: metadata as above and all labels, by
// which controllers select it, the phase, the
// ServiceAccount, and of each container its name, its image and the arguments that name a Lease.
extern const elector::kubernetes::json_text::Keep kPodOnly;

// What makes Pods, or keeps a template of it (a ControllerRevision): metadata as above and all
// labels, its selector, and the ServiceAccount of its template.
extern const elector::kubernetes::json_text::Keep kMakerOnly;

// A Lease: metadata as above, and the members of its spec.
extern const elector::kubernetes::json_text::Keep kLeaseOnly;

// The longest annotation that is kept, as JSON with its quotes: all values that have a meaning are
// much shorter.
inline constexpr std::size_t kLongestAnnotation = 4096;

}  // namespace injector::cluster
