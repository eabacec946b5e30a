#include "injector/operator/template_copier.h"

#include <fmt/format.h>

#include <algorithm>

#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

namespace runtime = elector::runtime;

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
    if (!job || isSuspended(*job)) {
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
        tools_.log.info(annotations.empty() ? "took annotations from a template"
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
