#include "injector/cluster/object_meta.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace injector::cluster {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using json_text::Keep;

std::string textOf(std::string_view value) {
    return json_text::stringIn(value).value_or("");
}

std::map<std::string, std::string> textsOf(std::string_view object) {
    std::map<std::string, std::string> texts;
    for (auto& member : json_text::membersOf(object)) {
        if (auto text = json_text::stringIn(member.value)) {
            texts.insert_or_assign(std::move(member.key), std::move(*text));
        }
    }
    return texts;
}

OwnerReference ownerOf(std::string_view value) {
    OwnerReference owner;
    for (const auto& member : json_text::membersOf(value)) {
        if (member.key == "apiVersion") {
            owner.apiVersion = textOf(member.value);
        } else if (member.key == "kind") {
            owner.kind = textOf(member.value);
        } else if (member.key == "name") {
            owner.name = textOf(member.value);
        } else if (member.key == "uid") {
            owner.uid = textOf(member.value);
        } else if (member.key == "controller") {
            owner.isController = member.value == "true";
        }
    }
    return owner;
}

std::vector<OwnerReference> ownersOf(std::string_view array) {
    std::vector<OwnerReference> owners;
    for (const auto element : json_text::elementsOf(array)) {
        // One of which a part is missing, or was too long to be kept, can be found by nobody.
        if (auto owner = ownerOf(element); !owner.kind.empty() && !owner.name.empty()) {
            owners.push_back(std::move(owner));
        }
    }
    return owners;
}

// As a manager's fields call it; whatever else has it is looked at in vain.
bool namesCopies(std::string_view fields) {
    return fields.find(names::kCopiedAnnotation) != std::string_view::npos;
}

void read(const json_text::Member& member, ObjectMeta& meta) {
    const auto& key = member.key;
    if (key == "name") {
        meta.key.name = textOf(member.value);
    } else if (key == "namespace") {
        meta.key.space = textOf(member.value);
    } else if (key == "uid") {
        meta.uid = textOf(member.value);
    } else if (key == "resourceVersion") {
        meta.resourceVersion = textOf(member.value);
    } else if (key == "generation") {
        meta.generation = json_text::integerIn(member.value).value_or(0);
    } else if (key == "labels") {
        meta.labels = textsOf(member.value);
    } else if (key == "annotations") {
        meta.annotations = textsOf(member.value);
    } else if (key == "ownerReferences") {
        meta.owners = ownersOf(member.value);
    } else if (key == "creationTimestamp") {
        meta.created = elector::runtime::parseRfc3339(textOf(member.value));
    } else if (key == "deletionTimestamp") {
        meta.deleted = elector::runtime::parseRfc3339(textOf(member.value));
    } else if (key == "managedFields") {
        meta.hasCopies = namesCopies(member.value);
    }
}

std::string valueIn(const std::map<std::string, std::string>& texts, const std::string& name) {
    const auto found = texts.find(name);
    return found == texts.end() ? "" : found->second;
}

constexpr std::size_t operator""_KiB(unsigned long long count) {
    return count * 1024;
}

// A name has at most 253 characters, a label 63, a uid 36.
constexpr Keep kName{.most = 512};
constexpr Keep kAnnotation{.most = kLongestAnnotation};
constexpr Keep kMessage{.most = 4_KiB};
constexpr Keep kCopied{.most = 32_KiB};

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

// The operator's own are at most as many names as there are annotations.
constexpr Keep kEntry{.most = 16_KiB};
constexpr Keep kManagedFields{.elements = &kEntry, .isWanted = &namesCopies, .most = 32_KiB};

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
constexpr std::array kPartsOfPodSpec{
    Keep::Member{"serviceAccountName", &kName}, Keep::Member{"nodeName", &kName},
    Keep::Member{"initContainers", &kContainers}, Keep::Member{"containers", &kContainers}};
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

// All entries stay, whatever fits of each: they are counted.
constexpr Keep kFields{.most = 64_KiB};
constexpr std::array kPartsOfEntry{
    Keep::Member{"manager", &kName}, Keep::Member{"operation", &kName},
    Keep::Member{"subresource", &kName}, Keep::Member{"time", &kName},
    Keep::Member{"fieldsV1", &kFields}};
constexpr Keep kAnyEntry{.members = kPartsOfEntry, .dropsOthers = true};
constexpr Keep kAllManagedFields{.elements = &kAnyEntry, .most = 512_KiB};
constexpr std::array kPartsOfMetaAndFields{Keep::Member{"name", &kName},
                                           Keep::Member{"namespace", &kName},
                                           Keep::Member{"uid", &kName},
                                           Keep::Member{"resourceVersion", &kName},
                                           Keep::Member{"generation", &kName},
                                           Keep::Member{"annotations", &kAnnotations},
                                           Keep::Member{"ownerReferences", &kOwners},
                                           Keep::Member{"managedFields", &kAllManagedFields}};
constexpr Keep kMetaAndFields{.members = kPartsOfMetaAndFields, .dropsOthers = true};
constexpr std::array kCopies{Keep::Member{names::kCopiedAnnotation, &kCopied}};
constexpr Keep kTemplatesAnnotations{
    .members = kCopies, .othersBeginWith = names::kPrefix, .others = &kAnnotation, .most = 64_KiB};
constexpr std::array kTemplatesMeta{Keep::Member{"annotations", &kTemplatesAnnotations}};
constexpr Keep kMetaOfTemplate{.members = kTemplatesMeta, .dropsOthers = true};
constexpr std::array kTemplateParts{Keep::Member{"metadata", &kMetaOfTemplate}};
constexpr Keep kAnnotatedTemplate{.members = kTemplateParts, .dropsOthers = true};
constexpr std::array kJobSpec{Keep::Member{"template", &kAnnotatedTemplate}};
constexpr Keep kSpecOfJob{.members = kJobSpec, .dropsOthers = true};
constexpr std::array kJobTemplate{Keep::Member{"spec", &kSpecOfJob}};
constexpr Keep kTemplateOfJob{.members = kJobTemplate, .dropsOthers = true};
constexpr std::array kSpecParts{Keep::Member{"template", &kAnnotatedTemplate},
                                Keep::Member{"jobTemplate", &kTemplateOfJob},
                                Keep::Member{"paused", &kName},
                                Keep::Member{"suspend", &kName},
                                Keep::Member{"replicas", &kName},
                                Keep::Member{"parallelism", &kName},
                                Keep::Member{"completions", &kName},
                                Keep::Member{"podManagementPolicy", &kName},
                                Keep::Member{"updateStrategy", &kMessage}};
constexpr Keep kSpecOfTemplates{.members = kSpecParts, .dropsOthers = true};
constexpr std::array kStatusParts{Keep::Member{"observedGeneration", &kName},
                                  Keep::Member{"replicas", &kName},
                                  Keep::Member{"updatedReplicas", &kName},
                                  Keep::Member{"currentReplicas", &kName},
                                  Keep::Member{"readyReplicas", &kName},
                                  Keep::Member{"succeeded", &kName},
                                  Keep::Member{"lastScheduleTime", &kName},
                                  Keep::Member{"currentNumberScheduled", &kName},
                                  Keep::Member{"updatedNumberScheduled", &kName},
                                  Keep::Member{"desiredNumberScheduled", &kName},
                                  Keep::Member{"active", &kSelector},
                                  Keep::Member{"conditions", &kSelector}};
constexpr Keep kStatusOfTemplates{.members = kStatusParts, .dropsOthers = true};
constexpr std::array kPartsOfTemplates{Keep::Member{"metadata", &kMetaAndFields},
                                       Keep::Member{"spec", &kSpecOfTemplates},
                                       Keep::Member{"status", &kStatusOfTemplates}};

// Each member of a Lease's spec is short; unknown ones are told of in the log.
constexpr Keep kMemberOfSpec{.most = 1_KiB};
constexpr Keep kLeaseSpec{.others = &kMemberOfSpec, .most = 8_KiB};
constexpr std::array kPartsOfLease{Keep::Member{"metadata", &kMeta},
                                   Keep::Member{"spec", &kLeaseSpec}};

constexpr std::array kPartsOfEvent{Keep::Member{"reason", &kName},
                                   Keep::Member{"message", &kMessage},
                                   Keep::Member{"lastTimestamp", &kName}};
constexpr Keep kEvent{.members = kPartsOfEvent, .dropsOthers = true};
constexpr Keep kEventList{.elements = &kEvent, .most = 128_KiB};
constexpr std::array kPartsOfEvents{Keep::Member{"items", &kEventList}};

}  // namespace

const OwnerReference* ObjectMeta::controller() const {
    const auto found = std::ranges::find_if(owners, &OwnerReference::isController);
    return found == owners.end() ? nullptr : &*found;
}

std::string ObjectMeta::annotation(const std::string& name) const {
    return valueIn(annotations, name);
}

std::string ObjectMeta::label(const std::string& name) const {
    return valueIn(labels, name);
}

elector::kubernetes::Result<ObjectMeta> parseMeta(std::string_view document) {
    ObjectMeta meta;
    if (json_text::isValid(document)) {
        const auto metadata = json_text::member(document, "metadata").value_or("");
        for (const auto& member : json_text::membersOf(metadata)) {
            read(member, meta);
        }
    }
    if (meta.key.name.empty() || meta.uid.empty()) {
        return elector::kubernetes::ApiError{
            elector::kubernetes::ErrorKind::Malformed, 0, std::nullopt,
            fmt::format("the API server answered what is no object with a name and a uid: \"{}\"",
                        elector::runtime::quoted(document))};
    }
    return meta;
}

ObjectKey keyOf(std::string_view document) {
    const auto metadata = json_text::member(document, "metadata").value_or("");
    ObjectKey key;
    for (const auto& member : json_text::membersOf(metadata)) {
        if (member.key == "name") {
            key.name = textOf(member.value);
        } else if (member.key == "namespace") {
            key.space = textOf(member.value);
        }
    }
    return key;
}

constinit const Keep kMetaOnly{.members = kMetaAndStatus, .dropsOthers = true};
constinit const Keep kPodOnly{.members = kPartsOfPod, .dropsOthers = true};
constinit const Keep kMakerOnly{.members = kPartsOfMaker, .dropsOthers = true};
constinit const Keep kTemplateOnly{.members = kPartsOfTemplates, .dropsOthers = true};
constinit const Keep kEventsOnly{.members = kPartsOfEvents, .dropsOthers = true};
constinit const Keep kLeaseOnly{.members = kPartsOfLease, .dropsOthers = true};

}  // namespace injector::cluster
