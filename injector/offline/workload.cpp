#include "injector/offline/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"

namespace injector::offline {

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using elector::runtime::jsonString;
using json_text::at;
using json_text::member;

std::string_view annotationsIn(std::string_view object) {
    return at(object, {"metadata", "annotations"});
}

bool isOurs(std::string_view key) {
    return key.starts_with(names::kPrefix);
}

bool hasOurs(std::string_view annotations) {
    if (json_text::kindOf(annotations) != json_text::Kind::Object) {
        // Written as something else: they cannot be read, but it shall be said.
        return annotations.find(names::kPrefix) != std::string_view::npos;
    }
    const auto members = json_text::membersOf(annotations);
    return std::ranges::any_of(members, [](const auto& each) { return isOurs(each.key); });
}

// Those of a workload that the operator copies: all of ours but what was written by the injector.
std::vector<json_text::Member> copied(std::string_view object) {
    auto members = json_text::membersOf(annotationsIn(object));
    std::erase_if(members, [](const json_text::Member& each) {
        return !isOurs(each.key) || each.key == names::kStatusAnnotation;
    });
    return members;
}

std::string ownerReferences(const cluster::OwnerReference& controller) {
    return fmt::format(
        R"([{{"apiVersion":{},"kind":{},"name":{},"uid":"00000000-0000-0000-0000-000000000000",)"
        R"("controller":true}}])",
        jsonString(controller.apiVersion), jsonString(controller.kind),
        jsonString(controller.name));
}

// `object` with the member `key` as `original` has it.
std::string restored(std::string_view object, std::string_view key, std::string_view original) {
    const auto value = member(original, key);
    return value ? json_text::withMember(object, key, *value)
                 : json_text::withoutMember(object, key);
}

// `podTemplate` with this metadata: in its place, or where people write it, before all else.
std::string withMetadata(std::string_view podTemplate, std::string_view metadata) {
    const auto members = json_text::membersOf(podTemplate);
    if (std::ranges::any_of(members, [](const auto& each) { return each.key == "metadata"; })) {
        return json_text::withMember(podTemplate, "metadata", metadata);
    }
    auto result = json_text::withMember("{}", "metadata", metadata);
    for (const auto& each : members) {
        result = json_text::withMember(result, each.key, each.value);
    }
    return result;
}

}  // namespace

Annotated annotationsOf(const WorkloadKind& kind, std::string_view object) {
    const auto podTemplate = templateOf(kind, object);
    const auto onTemplate = annotationsIn(podTemplate.value_or(""));
    Annotated annotated;
    annotated.onTemplate = hasOurs(onTemplate);
    if (kind.isPod()) {
        return annotated;
    }
    for (const auto& own : copied(object)) {
        annotated.itself = true;
        const auto value = member(onTemplate, own.key);
        if (value && json_text::stringIn(*value) != json_text::stringIn(own.value)) {
            annotated.contested.push_back(own.key);
        }
    }
    return annotated;
}

bool isOwned(std::string_view object) {
    const auto owners = json_text::elementsOf(at(object, {"metadata", "ownerReferences"}));
    return std::ranges::any_of(owners,
                               [](auto owner) { return at(owner, {"controller"}) == "true"; });
}

std::string podOf(const WorkloadKind& kind, std::string_view object, Copies copies) {
    const auto podTemplate = templateOf(kind, object).value_or("{}");
    if (kind.isPod()) {
        return std::string(podTemplate);
    }
    std::string metadata(at(podTemplate, {"metadata"}));
    std::string annotations(at(metadata, {"annotations"}));
    for (const auto& each :
         copies == Copies::Yes ? copied(object) : std::vector<json_text::Member>()) {
        if (!member(annotations, each.key)) {
            annotations = json_text::withMember(annotations, each.key, each.value);
            metadata = json_text::withMember(metadata, "annotations", annotations);
        }
    }
    const auto labels = at(metadata, {"labels"});
    const auto name = json_text::textAt(at(object, {"metadata"}), "name");
    const auto controller = cluster::controllerByName(kind, name, labels);
    if (controller && !name.empty()) {
        if (!controller->label.empty()) {
            const auto hashed =
                json_text::withMember(labels, controller->label, jsonString(controller->suffix));
            metadata = json_text::withMember(metadata, "labels", hashed);
        }
        metadata = json_text::withMember(metadata, "ownerReferences",
                                         ownerReferences(controller->reference));
    }
    auto pod = withMetadata(podTemplate, metadata.empty() ? "{}" : metadata);
    pod = json_text::withMember(pod, "apiVersion", R"("v1")");
    return json_text::withMember(pod, "kind", R"("Pod")");
}

std::string templateFrom(const WorkloadKind& kind, std::string_view object, std::string_view pod) {
    if (kind.isPod()) {
        return std::string(pod);
    }
    const auto original = templateOf(kind, object).value_or("{}");
    const auto originalMetadata = at(original, {"metadata"});
    auto metadata = restored(at(pod, {"metadata"}), "ownerReferences", originalMetadata);
    if (const auto labels = member(metadata, "labels")) {
        std::string kept(*labels);
        for (const auto label : cluster::namingLabels()) {
            kept = restored(kept, label, at(originalMetadata, {"labels"}));
        }
        metadata = json_text::withMember(metadata, "labels", kept);
    }
    auto result = json_text::withMember(pod, "metadata", metadata);
    result = restored(result, "apiVersion", original);
    return restored(result, "kind", original);
}

}  // namespace injector::offline
