#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "elector/kubernetes/limits.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"

namespace injector::operators {

using cluster::isProtected;
using cluster::ObjectKey;
using cluster::ObjectMeta;
using cluster::OwnerReference;
using elector::runtime::WallTime;

// What runs a Pod where nobody chose a ServiceAccount: the admission of Pods fills it in.
inline constexpr const char* kDefaultServiceAccount = "default";

// What a Pod's spec says that its metadata does not, and whose it is. Changes only with the Pod's
// controller.
struct PodFacts {
    std::string serviceAccount;
    // A container of our name is there, wherever.
    bool hasSidecar = false;
    // The Lease that it was told to campaign for, whatever text that is; "" where its arguments do
    // not say.
    std::string leaseName;
    // The workload that made the Pod, by the chain of its controllers; a bare Pod is its own.
    OwnerReference workload;
    // Whether that was looked up. What controls a Pod directly and is of a kind that we may not
    // read is believed.
    bool isProven = true;
    // Its labels say that a controller made it, and it has none: that one was deleted without its
    // Pods, or a backup was restored, Pods before what made them, and it will adopt the Pod.
    bool isOrphan = false;
};

// A Pod that concerns the injector.
struct PodRecord {
    ObjectKey key;
    std::string uid;
    WallTime created;
    bool asks = false;      // annotated inject: "true", and no static one, which cannot have it
    bool labelled = false;  // with names::kInjectedLabel
    bool shares = false;    // annotated shared: "true"
    std::string status;     // what the webhook noted
    std::string annotatedLease;
    std::optional<OwnerReference> controller;
    std::optional<PodFacts> facts;  // nothing until they were read

    // The Lease that it campaigns for; "" where that is not known yet.
    const std::string& lease() const {
        return facts && !facts->leaseName.empty() ? facts->leaseName : annotatedLease;
    }
    // Whether metadata told the same of both.
    bool isLike(const PodRecord& other) const;
};

enum class PodState {
    Unread,    // its facts are not known yet
    NotAsked,  // has nothing to do with us
    Injected,  // campaigns
    Misnamed,  // has a sidecar that was told a name which no Lease can have
    Nameless,  // has one that was told the name of what is not its workload, as nobody said another
    Skipped,   // was let through without a sidecar; its status says why
    Missed,    // asks for a sidecar, and has none
};

PodState stateOf(const PodRecord& pod);
// Why, of a skipped one: its status without the word before.
std::string skipReason(const PodRecord& pod);

// Whether the operator has to know of the Pod.
bool concernsUs(const ObjectMeta& pod);

PodRecord recordOf(const ObjectMeta& pod);

// The Pod as an owner of other objects.
OwnerReference ownReference(const PodRecord& pod);

// A whole Pod, as far as kPodOnly says.
struct WholePod {
    ObjectMeta meta;
    PodFacts facts;
    std::string image;  // the sidecar's; "" where it has none
    std::string phase;  // status.phase
    std::string node;   // spec.nodeName; "" before it is scheduled
};

// Reads a whole Pod. Of its facts `workload` is left empty.
elector::kubernetes::Result<WholePod> readPod(std::string_view document);

}  // namespace injector::operators
