#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "elector/kubernetes/limits.h"
#include "elector/runtime/clock.h"
#include "elector/runtime/json_filter.h"

namespace injector::cluster {

// Which object of a kind. Ordered, so that objects can be kept by it.
struct ObjectKey {
    std::string space;  // the namespace; "" for kinds without any
    std::string name;

    auto operator<=>(const ObjectKey&) const = default;
    std::string text() const { return space.empty() ? name : space + "/" + name; }
};

// One of metadata.ownerReferences.
struct OwnerReference {
    std::string apiVersion;
    std::string kind;
    std::string name;
    std::string uid;
    bool isController = false;

    bool operator==(const OwnerReference&) const = default;
};

// The metadata of an object, as far as the injector reads it. A value.
struct ObjectMeta {
    ObjectKey key;
    std::string uid;
    std::string resourceVersion;
    std::int64_t generation = 0;  // 0 where it has none
    std::map<std::string, std::string> labels;
    std::map<std::string, std::string> annotations;
    std::vector<OwnerReference> owners;
    std::optional<elector::runtime::WallTime> created;
    std::optional<elector::runtime::WallTime> deleted;  // it is on its way out
    // Some field manager set names::kCopiedAnnotation somewhere in the object.
    bool hasCopies = false;

    // The controller among the owners, or nullptr.
    const OwnerReference* controller() const;
    // "" where there is none.
    std::string annotation(const std::string& name) const;
    std::string label(const std::string& name) const;
};

// Reads the metadata of any object, whole or PartialObjectMetadata. Members of a wrong type count
// as absent; Malformed only where the text is no JSON, or has no name or no uid.
elector::kubernetes::Result<ObjectMeta> parseMeta(std::string_view document);

// The key alone, of a text that is JSON: cheap, for objects that are then passed over.
ObjectKey keyOf(std::string_view document);

// What is kept of the objects of tenants while they are read: what the injector uses of them, each
// part of it bounded, so that it needs as much memory for the worst object as for a usual one. A
// part that does not fit is left out as if it was absent.

// The metadata as parseMeta() reads it: names and versions; of labels and annotations those of
// ours; the controller of the owners; and of the managed fields those with
// names::kCopiedAnnotation. Also what a Status says, which a watch sends in place of an object.
extern const elector::json_text::Keep kMetaOnly;

// A whole Pod, as far as the injector and its `check` read it: metadata as above and all labels, by
// which controllers select it, the phase, the node, the ServiceAccount, and of each container its
// name, its image and the arguments that name a Lease.
extern const elector::json_text::Keep kPodOnly;

// What makes Pods, or keeps a template of it (a ControllerRevision): metadata as above and all
// labels, its selector, and the ServiceAccount of its template.
extern const elector::json_text::Keep kMakerOnly;

// What has a Pod template, as far as its annotations and what becomes of its Pods are concerned:
// metadata as above with the fields of all managers, the annotations of the template, and of spec
// and status what is said about Pods (rollout.h).
extern const elector::json_text::Keep kTemplateOnly;

// A list of Events: of each its reason, its message and its time.
extern const elector::json_text::Keep kEventsOnly;

// A Lease: metadata as above, and the members of its spec.
extern const elector::json_text::Keep kLeaseOnly;

// The longest annotation that is kept, as JSON with its quotes: all values that have a meaning are
// much shorter.
inline constexpr std::size_t kLongestAnnotation = 4096;

}  // namespace injector::cluster
