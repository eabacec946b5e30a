#include "injector/cluster/object_meta.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"

namespace injector::cluster {
namespace {

namespace json_text = elector::kubernetes::json_text;

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

std::string appliedFieldsOf(std::string_view managedFields) {
    for (const auto entry : json_text::elementsOf(managedFields)) {
        const auto text = [&](std::string_view key) {
            return textOf(json_text::member(entry, key).value_or(""));
        };
        if (text("manager") == elector::names::kOperator && text("operation") == "Apply" &&
            text("subresource").empty()) {
            return std::string(json_text::member(entry, "fieldsV1").value_or(""));
        }
    }
    return "";
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
        meta.appliedFields = appliedFieldsOf(member.value);
    }
}

std::string valueIn(const std::map<std::string, std::string>& texts, const std::string& name) {
    const auto found = texts.find(name);
    return found == texts.end() ? "" : found->second;
}

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

}  // namespace injector::cluster
