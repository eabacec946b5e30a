#include "injector/operator/owners.h"

#include "elector/config/values.h"
#include "elector/runtime/json_text.h"
#include "injector/operator/selector.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;
using cluster::WorkloadKind;

constexpr cluster::Resource kControllerRevisions{"apps/v1", "ControllerRevision",
                                                 "controllerrevisions"};
// The label by which DaemonSets and StatefulSets note of which template a Pod was made.
constexpr const char* kRevisionLabel = "controller-revision-hash";

// The owner's kind, where we may read objects of it; else nullptr.
const WorkloadKind* readableKindOf(const OwnerReference& owner) {
    const auto* kind = cluster::findWorkloadKind(owner.apiVersion, owner.kind);
    return kind != nullptr && kind->isReadable() ? kind : nullptr;
}

std::string_view templateIn(std::string_view object) {
    const auto spec = json_text::member(object, "spec").value_or("");
    return json_text::member(spec, "template").value_or("");
}

std::string accountIn(std::string_view podTemplate) {
    const auto spec = json_text::member(podTemplate, "spec").value_or("");
    auto account = json_text::textAt(spec, "serviceAccountName");
    return account.empty() ? kDefaultServiceAccount : account;
}

std::string selectorIn(std::string_view object) {
    const auto spec = json_text::member(object, "spec").value_or("");
    return std::string(json_text::member(spec, "selector").value_or(""));
}

// An empty selector would select everything.
bool selectsSome(std::string_view selector, const Labels& labels) {
    return json_text::membersOf(selector).empty() ? false : selects(selector, labels);
}

}  // namespace

Result<Owners::Workload> Owners::workloadOf(const ObjectMeta& pod, const std::string& account) {
    const OwnerReference itself{std::string(cluster::kPods.apiVersion),
                                std::string(cluster::kPods.kind), pod.key.name, pod.uid, false};
    const auto* controller = pod.controller();
    if (controller == nullptr) {
        return Workload{itself};
    }
    const auto* kind = readableKindOf(*controller);
    if (kind == nullptr) {
        auto believed = cluster::workloadByName(*controller, pod.labels);
        believed.isController = false;
        return Workload{std::move(believed), false};
    }
    if (!kind->makesPods) {
        return Workload{itself};
    }
    const auto isOf = [&](const Maker& maker) {
        return maker.account == account && selectsSome(maker.selector, pod.labels);
    };
    const auto key =
        std::tuple(pod.key.space, controller->uid, controller->name, pod.label(kRevisionLabel));
    if (const auto known = found_.find(key); known != found_.end() && isOf(known->second)) {
        return Workload{known->second.workload, known->second.isProven};
    }
    auto found = makerOf(*kind, pod);
    if (!found) {
        return std::move(found).error();
    }
    auto& maker = found.value();
    if (maker && maker->account != account) {
        // The template may have changed since: where it is kept as it was, that counts.
        auto before = accountBefore(*kind, pod);
        if (!before) {
            return std::move(before).error();
        }
        maker->account = before.value().value_or(maker->account);
    }
    if (!maker || !isOf(*maker)) {
        return Workload{itself};
    }
    if (found_.size() >= kMaxKept) {
        found_.clear();
    }
    const auto& kept = found_.insert_or_assign(key, *std::move(maker)).first->second;
    return Workload{kept.workload, kept.isProven};
}

Result<std::optional<Owners::Maker>> Owners::makerOf(const WorkloadKind& kind,
                                                     const ObjectMeta& pod) {
    const auto& controller = *pod.controller();
    const auto read = find(kind, pod.key.space, controller);
    if (!read) {
        return read.error();
    }
    const std::optional<std::string>& document = read.value();
    if (!document) {
        return std::optional<Maker>();
    }
    const auto meta = cluster::parseMeta(*document);
    if (!meta) {
        return meta.error();
    }
    auto workload = above(pod.key.space, controller, meta.value());
    if (!workload) {
        return std::move(workload).error();
    }
    auto& found = workload.value();
    bool isProven = true;
    if (found.kind == cluster::kDeployments.kind) {
        // What is above it we may not read, and believe.
        auto named = cluster::workloadByName(found, pod.labels);
        isProven = named == found;
        found = std::move(named);
    }
    found.isController = false;
    return std::optional(
        Maker{selectorIn(*document), accountIn(templateIn(*document)), std::move(found), isProven});
}

// The workload whose Pods `maker` made, as far as it can be looked up.
Result<OwnerReference> Owners::above(const std::string& space, const OwnerReference& maker,
                                     const ObjectMeta& meta) {
    auto workload = cluster::workloadOf(maker, meta.controller());
    const auto* kind = readableKindOf(workload);
    if (workload == maker || kind == nullptr) {
        return workload;
    }
    const auto found = find(*kind, space, workload);
    if (!found) {
        return found.error();
    }
    const std::optional<std::string>& document = found.value();
    const bool isOf =
        document && (!kind->hasSelector || selectsSome(selectorIn(*document), meta.labels));
    if (!isOf) {
        return maker;
    }
    return workload;
}

Result<std::optional<std::string>> Owners::find(const WorkloadKind& kind, const std::string& space,
                                                const OwnerReference& reference) {
    // A name in an owner reference is any text, and becomes part of a path.
    if (!elector::config::isDnsSubdomain(reference.name)) {
        return std::optional<std::string>();
    }
    auto answer =
        api_.get(cluster::objectPath(kind.resource, space, reference.name), cluster::kMakerOnly);
    if (!answer) {
        return answer;
    }
    const std::optional<std::string>& document = answer.value();
    const auto meta = document ? cluster::parseMeta(*document) : Result(ObjectMeta());
    if (!meta) {
        return meta.error();
    }
    return meta.value().uid == reference.uid ? std::move(answer)
                                             : Result(std::optional<std::string>());
}

// The ServiceAccount of the template that the Pod was made of, if its controller keeps that one.
Result<std::optional<std::string>> Owners::accountBefore(const WorkloadKind& kind,
                                                         const ObjectMeta& pod) {
    auto name = pod.label(kRevisionLabel);
    const auto& controller = *pod.controller();
    if (name.empty() || kind.revisions == cluster::Revisions::None) {
        return std::optional<std::string>();
    }
    if (kind.revisions == cluster::Revisions::ByNameAndLabel) {
        name = controller.name + "-" + name;
    }
    if (!elector::config::isDnsSubdomain(name)) {
        return std::optional<std::string>();
    }
    const auto answer = api_.get(cluster::objectPath(kControllerRevisions, pod.key.space, name),
                                 cluster::kMakerOnly);
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& document = answer.value();
    if (!document) {
        return std::optional<std::string>();
    }
    const auto meta = cluster::parseMeta(*document);
    if (!meta) {
        return meta.error();
    }
    const auto* owner = meta.value().controller();
    if (owner == nullptr || owner->uid != controller.uid) {
        return std::optional<std::string>();
    }
    return std::optional(accountIn(templateIn(json_text::member(*document, "data").value_or(""))));
}

Result<std::optional<bool>> Owners::isThere(const std::string& space,
                                            const OwnerReference& workload) {
    const auto* kind = readableKindOf(workload);
    if (kind == nullptr) {
        return std::optional<bool>();
    }
    if (!elector::config::isDnsSubdomain(workload.name)) {
        return std::optional(false);
    }
    const auto found = api_.getMeta(cluster::objectPath(kind->resource, space, workload.name));
    if (!found) {
        return found.error().kind == ErrorKind::Forbidden
                   ? Result<std::optional<bool>>(std::nullopt)
                   : found.error();
    }
    const std::optional<ObjectMeta>& meta = found.value();
    return std::optional(meta && meta->uid == workload.uid && !meta->deleted);
}

}  // namespace injector::operators
