#include "injector/operator/template_copier.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
namespace runtime = elector::runtime;
using elector::runtime::jsonString;

using Path = std::vector<std::string>;

// Where a workload has the annotations of its Pods.
Path annotationsPath(const Resource& kind) {
    Path path;
    const auto* known = cluster::findWorkloadKind(kind.apiVersion, kind.kind);
    for (const auto key : known->path) {
        if (!key.empty()) {
            path.emplace_back(key);
        }
    }
    path.insert(path.end(), {"metadata", "annotations"});
    return path;
}

bool isOurName(std::string_view name) {
    return name.starts_with(names::kPrefix);
}

std::string_view memberAt(std::string_view object, const Path& path, const std::string& prefix) {
    for (const auto& key : path) {
        object = json_text::member(object, prefix + key).value_or("");
    }
    return object;
}

std::string objectOf(const Annotations& annotations) {
    std::string text;
    for (const auto& [name, value] : annotations) {
        text +=
            fmt::format("{}{}:{}", text.empty() ? "" : ",", jsonString(name), jsonString(value));
    }
    return "{" + text + "}";
}

template <typename Names>
std::string joined(const Names& names) {
    std::string text;
    for (const auto& name : names) {
        text += (text.empty() ? "" : ", ") + runtime::quoted(name);
    }
    return text;
}

std::set<std::string> namesOf(const Annotations& annotations) {
    std::set<std::string> names;
    std::ranges::transform(annotations, std::inserter(names, names.end()),
                           [](const auto& annotation) { return annotation.first; });
    return names;
}

std::string pathOf(const Resource& kind, const ObjectKey& key) {
    return cluster::objectPath(kind, key.space, key.name);
}

// Of which the next attempt will be answered the same.
bool isRefusal(ErrorKind kind) {
    return kind == ErrorKind::Refused || kind == ErrorKind::Invalid || kind == ErrorKind::Forbidden;
}

}  // namespace

std::vector<Resource> copiedKinds() {
    std::vector<Resource> kinds;
    for (const auto& kind : cluster::workloadKinds()) {
        if (kind.copying != cluster::Copying::Never) {
            kinds.push_back(kind.resource);
        }
    }
    return kinds;
}

Annotations annotationsToCopy(const ObjectMeta& workload) {
    Annotations wanted;
    if (workload.controller() != nullptr) {
        return wanted;
    }
    std::ranges::copy_if(
        workload.annotations, std::inserter(wanted, wanted.end()), [](const auto& annotation) {
            return isOurName(annotation.first) && annotation.first != names::kStatusAnnotation;
        });
    return wanted;
}

std::set<std::string> copiedNames(const Resource& kind, const ObjectMeta& workload) {
    // In fieldsV1 a member is called by its name with "f:" before it.
    const std::string prefix = "f:";
    std::set<std::string> found;
    for (const auto& member :
         json_text::membersOf(memberAt(workload.appliedFields, annotationsPath(kind), prefix))) {
        const auto name =
            std::string_view(member.key).substr(std::min<std::size_t>(2, member.key.size()));
        if (member.key.starts_with(prefix) && isOurName(name)) {
            found.emplace(name);
        }
    }
    return found;
}

bool isCopied(const Resource& kind, const ObjectMeta& workload) {
    return workload.controller() == nullptr &&
           (!annotationsToCopy(workload).empty() || !copiedNames(kind, workload).empty());
}

Annotations templateAnnotations(const Resource& kind, std::string_view workload) {
    Annotations present;
    for (const auto& member : json_text::membersOf(memberAt(workload, annotationsPath(kind), ""))) {
        if (isOurName(member.key)) {
            present.emplace(member.key, json_text::stringIn(member.value).value_or(""));
        }
    }
    return present;
}

std::string copyBody(const Resource& kind, const ObjectKey& workload, const std::string& uid,
                     const Annotations& annotations) {
    std::string spec;
    if (!annotations.empty()) {
        const auto path = annotationsPath(kind);
        spec = objectOf(annotations);
        for (auto key = path.rbegin(); key + 1 != path.rend(); ++key) {
            spec = fmt::format(R"({{"{}":{}}})", *key, spec);
        }
        spec = fmt::format(R"(,"{}":{})", path.front(), spec);
    }
    return fmt::format(
        R"({{"apiVersion":"{}","kind":"{}","metadata":{{"name":{},"namespace":{},"uid":{}}}{}}})",
        kind.apiVersion, kind.kind, jsonString(workload.name), jsonString(workload.space),
        jsonString(uid), spec);
}

std::set<std::string> contested(const Annotations& wanted, const Annotations& present) {
    std::set<std::string> names;
    for (const auto& [name, value] : wanted) {
        const auto found = present.find(name);
        if (found != present.end() && found->second != value) {
            names.insert(name);
        }
    }
    return names;
}

bool TemplateCopier::put(const Resource& kind, const ObjectMeta& workload) {
    Seen seen{workload.uid, workload.generation, annotationsToCopy(workload),
              copiedNames(kind, workload)};
    const std::lock_guard guard(mutex_);
    auto& known = workloads_[{kind.plural, workload.key}];
    if (known == seen) {
        return false;
    }
    known = std::move(seen);
    return true;
}

void TemplateCopier::remove(const Resource& kind, const ObjectKey& key) {
    const std::lock_guard guard(mutex_);
    workloads_.erase({kind.plural, key});
}

std::optional<TemplateCopier::Seen> TemplateCopier::find(const Key& key) const {
    const std::lock_guard guard(mutex_);
    const auto found = workloads_.find(key);
    return found == workloads_.end() ? std::nullopt : std::optional(found->second);
}

Result<Done> TemplateCopier::reconcile(const Resource& kind, const ObjectKey& key) {
    const auto seen = find({kind.plural, key});
    if (!seen) {
        settled_.erase({kind.plural, key});
        return Done();
    }
    const auto settled = settled_.find({kind.plural, key});
    if (settled != settled_.end() && settled->second.uid == seen->uid &&
        settled->second.generation == seen->generation && settled->second.wanted == seen->wanted) {
        return Done();
    }
    if (kind == cluster::kJobs) {
        const auto may = mayChange(key, *seen);
        if (!may) {
            return may.error();
        }
        if (!may.value()) {
            settled_[{kind.plural, key}] = *seen;
            return Done();
        }
    }
    return copy(kind, key, *seen);
}

Result<bool> TemplateCopier::mayChange(const ObjectKey& key, const Seen& seen) {
    const auto answer = tools_.api.get(pathOf(cluster::kJobs, key));
    if (!answer) {
        return answer.error();
    }
    const std::optional<std::string>& job = answer.value();
    if (!job || cluster::isSuspended(*job)) {
        return job.has_value();
    }
    const auto present = templateAnnotations(cluster::kJobs, *job);
    const bool hasAll = std::ranges::all_of(seen.wanted, [&](const auto& annotation) {
        const auto found = present.find(annotation.first);
        return found != present.end() && found->second == annotation.second;
    });
    if (!hasAll) {
        warn(cluster::kJobs, key, seen,
             fmt::format("the annotations {} have no effect: the template of a Job that is not "
                         "suspended cannot be changed; annotate spec.template and re-create it",
                         joined(namesOf(seen.wanted))));
    }
    return false;
}

Result<Done> TemplateCopier::copy(const Resource& kind, const ObjectKey& key, const Seen& seen) {
    auto applied = apply(kind, key, seen, seen.wanted);
    if (applied) {
        return applied;
    }
    if (applied.error().kind == ErrorKind::Conflict) {
        return copyRest(kind, key, seen);
    }
    if (isRefusal(applied.error().kind) && applied.error().httpStatus != 0) {
        // Its annotations may have changed meanwhile: then our policy refuses what they said
        // before.
        const auto current = tools_.api.getMeta(pathOf(kind, key));
        if (!current) {
            return current.error();
        }
        const std::optional<ObjectMeta>& meta = current.value();
        if (!meta || meta->uid != seen.uid || annotationsToCopy(*meta) != seen.wanted) {
            return Done();  // the watch will say so
        }
        warn(kind, key, seen,
             fmt::format("the annotations {} cannot be copied to the template: {}",
                         joined(namesOf(seen.wanted)), applied.error().message));
    }
    return applied;
}

Result<Done> TemplateCopier::copyRest(const Resource& kind, const ObjectKey& key,
                                      const Seen& seen) {
    const auto answer = tools_.api.get(pathOf(kind, key));
    if (!answer) {
        return answer.error();
    }
    const std::string document = answer.value().value_or("");
    const auto meta = cluster::parseMeta(document);
    if (!meta || meta.value().uid != seen.uid) {
        return Done();  // another one has its name, or none: the watch will say so
    }
    const auto lost = contested(seen.wanted, templateAnnotations(kind, document));
    if (lost.empty()) {
        return ApiError{ErrorKind::Conflict, 0, std::nullopt,
                        "the template was changed in this moment"};
    }
    auto rest = seen.wanted;
    std::erase_if(rest, [&](const auto& annotation) { return lost.contains(annotation.first); });
    if (auto applied = apply(kind, key, seen, rest); !applied) {
        return applied;
    }
    warn(kind, key, seen,
         fmt::format("the template has {} with another value, which stays: what the {} itself says "
                     "is not copied",
                     joined(lost), kind.kind));
    return Done();
}

Result<Done> TemplateCopier::apply(const Resource& kind, const ObjectKey& key, const Seen& seen,
                                   const Annotations& annotations) {
    // Without force: what somebody else wrote on the template is a Conflict.
    const auto answer = tools_.api.apply(
        pathOf(kind, key), copyBody(kind, key, seen.uid, annotations), cluster::Api::Force::No);
    if (!answer) {
        return answer.error();
    }
    const auto meta = cluster::parseMeta(answer.value());
    if (!meta) {
        return meta.error();
    }
    if (meta.value().generation != seen.generation) {
        tools_.log.info(annotations.empty() ? "removed annotations from a template"
                                            : "copied annotations to a template",
                        {{"kind", std::string(kind.kind)},
                         {"object", key.text()},
                         {"annotations", joined(namesOf(annotations))}});
    }
    auto settled = seen;
    settled.generation = meta.value().generation;
    settled_[{kind.plural, key}] = std::move(settled);
    return Done();
}

void TemplateCopier::warn(const Resource& kind, const ObjectKey& key, const Seen& seen,
                          const std::string& message) {
    tools_.announcer.warn(
        key.space, {std::string(kind.apiVersion), std::string(kind.kind), key.name, seen.uid},
        reasons::kAnnotationsNotCopied, message);
}

}  // namespace injector::operators
