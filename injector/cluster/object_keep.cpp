#include "injector/cluster/object_keep.h"

#include <array>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::kubernetes::json_text;
namespace names = elector::names;
using json_text::Keep;

constexpr std::size_t operator""_KiB(unsigned long long count) {
    return count * 1024;
}

// A name has at most 253 characters, a label 63, a uid 36.
constexpr Keep kName{.most = 512};
constexpr Keep kAnnotation{.most = kLongestAnnotation};
constexpr Keep kMessage{.most = 4_KiB};

constexpr std::array kLabelsOfUse{Keep::Member{names::kInjectedLabel, &kName},
                                  Keep::Member{names::kManagedByLabel, &kName}};
constexpr Keep kLabels{.members = kLabelsOfUse, .dropsOthers = true};
// By what controllers and selectors have in practice; who has more selects nothing here.
constexpr Keep kAllLabels{.others = &kName, .most = 64_KiB};
constexpr Keep kAnnotations{
    .othersBeginWith = names::kPrefix, .others = &kAnnotation, .most = 32_KiB};

bool isController(std::string_view owner) {
    return json_text::member(owner, "controller") == "true";
}

constexpr std::array kPartsOfOwner{Keep::Member{"apiVersion", &kName}, Keep::Member{"kind", &kName},
                                   Keep::Member{"name", &kName}, Keep::Member{"uid", &kName},
                                   Keep::Member{"controller", &kName}};
constexpr Keep kOwner{.members = kPartsOfOwner, .dropsOthers = true};
constexpr Keep kOwners{.elements = &kOwner, .isWanted = &isController, .most = 8_KiB};

bool isApplied(std::string_view entry) {
    return json_text::textAt(entry, "manager") == names::kOperator &&
           json_text::textAt(entry, "operation") == "Apply";
}

// What the operator has applied are at most as many names as there are annotations.
constexpr Keep kEntry{.most = 16_KiB};
constexpr Keep kManagedFields{.elements = &kEntry, .isWanted = &isApplied, .most = 32_KiB};

constexpr std::array kPartsOfMeta{Keep::Member{"name", &kName},
                                  Keep::Member{"namespace", &kName},
                                  Keep::Member{"uid", &kName},
                                  Keep::Member{"resourceVersion", &kName},
                                  Keep::Member{"generation", &kName},
                                  Keep::Member{"creationTimestamp", &kName},
                                  Keep::Member{"deletionTimestamp", &kName},
                                  Keep::Member{"labels", &kLabels},
                                  Keep::Member{"annotations", &kAnnotations},
                                  Keep::Member{"ownerReferences", &kOwners},
                                  Keep::Member{"managedFields", &kManagedFields}};
constexpr Keep kMeta{.members = kPartsOfMeta, .dropsOthers = true};
constexpr std::array kPartsOfMetaAndLabels{Keep::Member{"name", &kName},
                                           Keep::Member{"namespace", &kName},
                                           Keep::Member{"uid", &kName},
                                           Keep::Member{"resourceVersion", &kName},
                                           Keep::Member{"creationTimestamp", &kName},
                                           Keep::Member{"deletionTimestamp", &kName},
                                           Keep::Member{"labels", &kAllLabels},
                                           Keep::Member{"annotations", &kAnnotations},
                                           Keep::Member{"ownerReferences", &kOwners}};
constexpr Keep kMetaAndLabels{.members = kPartsOfMetaAndLabels, .dropsOthers = true};

constexpr std::array kMetaAndStatus{Keep::Member{"kind", &kName}, Keep::Member{"metadata", &kMeta},
                                    Keep::Member{"code", &kName},
                                    Keep::Member{"message", &kMessage}};

bool namesLease(std::string_view argument) {
    return json_text::stringIn(argument).value_or("").starts_with("--lease-name=");
}

constexpr Keep kArgument{.most = 4_KiB};
constexpr Keep kArguments{.elements = &kArgument, .isWanted = &namesLease, .most = 8_KiB};
constexpr std::array kPartsOfContainer{
    Keep::Member{"name", &kName}, Keep::Member{"image", &kMessage},
    Keep::Member{"command", &kArguments}, Keep::Member{"args", &kArguments}};
constexpr Keep kContainer{.members = kPartsOfContainer, .dropsOthers = true};

bool isSidecar(std::string_view container) {
    return json_text::textAt(container, "name") == names::kContainer;
}

constexpr Keep kContainers{.elements = &kContainer, .isWanted = &isSidecar, .most = 64_KiB};
constexpr std::array kPartsOfPodSpec{Keep::Member{"serviceAccountName", &kName},
                                     Keep::Member{"initContainers", &kContainers},
                                     Keep::Member{"containers", &kContainers}};
constexpr Keep kPodSpec{.members = kPartsOfPodSpec, .dropsOthers = true};
constexpr std::array kPartsOfPodStatus{Keep::Member{"phase", &kName}};
constexpr Keep kPodStatus{.members = kPartsOfPodStatus, .dropsOthers = true};
constexpr std::array kPartsOfPod{Keep::Member{"metadata", &kMetaAndLabels},
                                 Keep::Member{"spec", &kPodSpec},
                                 Keep::Member{"status", &kPodStatus}};

constexpr std::array kAccount{Keep::Member{"serviceAccountName", &kName}};
constexpr Keep kSpecOfTemplate{.members = kAccount, .dropsOthers = true};
constexpr std::array kPartsOfTemplate{Keep::Member{"spec", &kSpecOfTemplate}};
constexpr Keep kTemplate{.members = kPartsOfTemplate, .dropsOthers = true};
constexpr Keep kSelector{.most = 64_KiB};
constexpr std::array kPartsOfMakerSpec{Keep::Member{"selector", &kSelector},
                                       Keep::Member{"template", &kTemplate}};
constexpr Keep kMakerSpec{.members = kPartsOfMakerSpec, .dropsOthers = true};
constexpr std::array kPartsOfData{Keep::Member{"spec", &kMakerSpec}};
constexpr Keep kRevisionData{.members = kPartsOfData, .dropsOthers = true};
constexpr std::array kPartsOfMaker{Keep::Member{"metadata", &kMetaAndLabels},
                                   Keep::Member{"spec", &kMakerSpec},
                                   Keep::Member{"data", &kRevisionData}};

// Each member of a Lease's spec is short; unknown ones are told of in the log.
constexpr Keep kMemberOfSpec{.most = 1_KiB};
constexpr Keep kLeaseSpec{.others = &kMemberOfSpec, .most = 8_KiB};
constexpr std::array kPartsOfLease{Keep::Member{"metadata", &kMeta},
                                   Keep::Member{"spec", &kLeaseSpec}};

}  // namespace

constinit const Keep kMetaOnly{.members = kMetaAndStatus, .dropsOthers = true};
constinit const Keep kPodOnly{.members = kPartsOfPod, .dropsOthers = true};
constinit const Keep kMakerOnly{.members = kPartsOfMaker, .dropsOthers = true};
constinit const Keep kLeaseOnly{.members = kPartsOfLease, .dropsOthers = true};

}  // namespace injector::cluster
