#include "injector/operator/template_copier.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <ranges>

#include "elector/names.h"
#include "elector/runtime/escape.h"
#include "elector/runtime/json_text.h"
#include "injector/cluster/rollout.h"
#include "injector/operator/reasons.h"

namespace injector::operators {
namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
namespace runtime = elector::runtime;
using elector::runtime::jsonString;

using Path = std::vector<std::string>;

Path annotationsPath(const Resource& kind, std::string_view prefix = "") {
    return cluster::annotationsPath(*cluster::findWorkloadKind(kind.apiVersion, kind.kind), prefix);
}

bool isOurName(std::string_view name) {
    return name.starts_with(names::kPrefix);
}

// `value` at the end of the path.
std::string nested(const Path& path, std::string value) {
    for (const auto& key : path | std::views::reverse) {
        value = fmt::format(R"({{"{}":{}}})", key, value);
    }
    return value;
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

std::string namesOf(const Annotations& annotations) {
    std::set<std::string> names;
    std::ranges::transform(annotations, std::inserter(names, names.end()),
                           [](const auto& annotation) { return annotation.first; });
    return joined(names);
}

// The texts of an object whose names `isWanted`.
template <typename Predicate>
Annotations textsOf(std::string_view object, Predicate isWanted) {
    Annotations texts;
    for (const auto& member : json_text::membersOf(object)) {
        if (isWanted(member.key)) {
            texts.emplace(member.key, json_text::stringIn(member.value).value_or(""));
        }
    }
    return texts;
}

// In fieldsV1 a member is called by its name with "f:" before it.
constexpr const char* kField = "f:";

Manager managerOf(std::string_view entry, const Path& annotations) {
    const auto fields = json_text::at(entry, {"fieldsV1"});
    Manager manager{json_text::textAt(entry, "manager"),
                    json_text::textAt(entry, "time"),
                    json_text::textAt(entry, "operation") == "Update" &&
                        json_text::textAt(entry, "subresource").empty(),
                    json_text::member(fields, "f:spec").has_value(),
                    {}};
    for (const auto& member : json_text::membersOf(json_text::at(fields, annotations))) {
        if (member.key.starts_with(kField)) {
            manager.annotations.insert(member.key.substr(std::string_view(kField).size()));
        }
    }
    return manager;
}

std::string pathOf(const Resource& kind, const ObjectKey& key) {
    return cluster::objectPath(kind, key.space, key.name);
}

std::string pathOf(const Subject& workload) {
    return pathOf(workload.kind, workload.meta.key);
}

// Of which the next attempt will be answered the same, unless somebody changes something: also
// where the API server could not ask a webhook of somebody else's.
bool isRefusal(const ApiError& error) {
    constexpr int kInternalError = 500;
    const bool isRefused = error.kind == ErrorKind::Refused || error.kind == ErrorKind::Invalid ||
                           error.kind == ErrorKind::Forbidden;
    return (isRefused && error.httpStatus != 0) || error.httpStatus == kInternalError;
}

bool hasAll(const Annotations& present, const Annotations& wanted) {
    return std::ranges::includes(present, wanted);
}

}  // namespace

std::vector<Resource> annotatedKinds() {
    std::vector<Resource> kinds;
    for (const auto& kind : cluster::workloadKinds()) {
        if (kind.isReadable() && !kind.isPod()) {
            kinds.push_back(kind.resource);
        }
    }
    return kinds;
}

Annotations annotationsToCopy(const ObjectMeta& workload) {
    Annotations wanted;
    std::ranges::copy_if(
        workload.annotations, std::inserter(wanted, wanted.end()), [](const auto& annotation) {
            return isOurName(annotation.first) && annotation.first != names::kStatusAnnotation;
        });
    return wanted;
}

bool isAnnotated(const Resource& kind, const ObjectMeta& workload) {
    return (workload.hasCopies || !annotationsToCopy(workload).empty()) &&
           (kind != cluster::kReplicaSets || workload.controller() == nullptr);
}

bool Manager::isOperator() const {
    return name == names::kOperator;
}

Result<Subject> subjectOf(const Resource& kind, std::string document) {
    auto meta = cluster::parseMeta(document);
    if (!meta) {
        return std::move(meta).error();
    }
    const auto onTemplate = json_text::at(document, annotationsPath(kind));
    auto present = textsOf(onTemplate, isOurName);
    auto noted = textsOf(json_text::textAt(onTemplate, names::kCopiedAnnotation), isOurName);
    std::vector<Manager> managers;
    const auto path = annotationsPath(kind, kField);
    for (const auto entry :
         json_text::elementsOf(json_text::at(document, {"metadata", "managedFields"}))) {
        managers.push_back(managerOf(entry, path));
    }
    return Subject{kind,
                   std::move(document),
                   std::move(meta).value(),
                   std::move(present),
                   std::move(noted),
                   std::move(managers)};
}

CopyPlan planCopy(const Subject& workload, const Annotations& wanted) {
    const auto& [kind, document, meta, present, noted, managers] = workload;
    const auto isCopy = [&](const auto& annotation) {
        const auto& [name, value] = annotation;
        const auto found = noted.find(name);
        return found != noted.end() && found->second == value &&
               std::ranges::none_of(managers, [&](const Manager& manager) {
                   return !manager.isOperator() && manager.owns(name) &&
                          !manager.owns(names::kCopiedAnnotation);
               });
    };
    CopyPlan plan;
    for (const auto& annotation : wanted) {
        const auto found = present.find(annotation.first);
        if (found == present.end() || (found->second != annotation.second && isCopy(*found))) {
            plan.give.insert(annotation);
            plan.copies.insert(annotation);
        } else if (found->second != annotation.second) {
            plan.lost.insert(annotation.first);
        } else if (isCopy(*found)) {
            plan.copies.insert(annotation);
        }
    }
    for (const auto& annotation : present) {
        if (!wanted.contains(annotation.first) && isCopy(annotation)) {
            plan.take.insert(annotation.first);
        }
    }
    return plan;
}

std::string planBody(const Subject& workload, const CopyPlan& plan) {
    std::string annotations = objectOf(plan.give);
    for (const auto& name : plan.take) {
        annotations = json_text::withMember(annotations, name, "null");
    }
    annotations =
        json_text::withMember(annotations, names::kCopiedAnnotation,
                              plan.copies.empty() ? "null" : jsonString(objectOf(plan.copies)));
    // Whatever is another object, or was changed since, is a Conflict.
    return json_text::withMember(
        nested(annotationsPath(workload.kind), annotations), "metadata",
        fmt::format(R"({{"uid":{},"resourceVersion":{}}})", jsonString(workload.meta.uid),
                    jsonString(workload.meta.resourceVersion)));
}

std::string disownBody(const Subject& workload) {
    for (std::size_t place = 0; place < workload.managers.size(); ++place) {
        const auto& own = workload.managers[place];
        if (!own.isOperator() || !own.isUpdate ||
            std::ranges::none_of(own.annotations, isOurName)) {
            continue;
        }
        const auto at = fmt::format("/metadata/managedFields/{}", place);
        const auto note =
            nested(annotationsPath(workload.kind, kField),
                   fmt::format(R"({{"{}{}":{{}}}})", kField, names::kCopiedAnnotation));
        // The entries may stand in another order by then.
        return fmt::format(R"([{{"op":"test","path":"{0}/manager","value":"{1}"}},)"
                           R"({{"op":"test","path":"{0}/operation","value":"Update"}},)"
                           R"({{"op":"replace","path":"{0}/fieldsV1","value":{2}}}])",
                           at, names::kOperator, own.owns(names::kCopiedAnnotation) ? note : "{}");
    }
    return "";
}

std::string otherManagers(const Subject& workload) {
    std::multimap<std::string, std::string, std::greater<>> byTime;  // of one time: in their order
    for (const auto& manager : workload.managers) {
        if (!manager.isOperator() && manager.managesSpec) {
            byTime.emplace(manager.time, manager.name);
        }
    }
    std::vector<std::string> found;
    found.reserve(byTime.size());
    for (auto& [time, name] : byTime) {
        found.push_back(std::move(name));
    }
    return joined(found);
}

bool TemplateCopier::put(const Resource& kind, const ObjectMeta& workload) {
    Seen seen{workload.uid, workload.generation, annotationsToCopy(workload), workload.hasCopies,
              std::nullopt};
    if (const auto* controller = workload.controller()) {
        seen.controller = *controller;
    }
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

Result<Outcome> TemplateCopier::reconcile(const Resource& kind, const ObjectKey& key) {
    const auto seen = find({kind.plural, key});
    if (!seen) {
        past_.erase({kind.plural, key});
        return Outcome::Settled;
    }
    auto& past = past_[{kind.plural, key}];
    if (past.seen.uid != seen->uid || past.seen.wanted != seen->wanted) {
        past = {};
    }
    if (past.isSettled && past.seen == *seen) {
        return Outcome::Settled;
    }
    past.seen = *seen;
    past.isSettled = false;
    auto read = tools_.api.get(pathOf(kind, key), cluster::kTemplateOnly);
    if (!read) {
        return std::move(read).error();
    }
    auto& document = read.value();
    if (!document) {
        return Outcome::Settled;  // the watch will say so
    }
    auto subject = subjectOf(kind, *std::move(document));
    if (!subject || subject.value().meta.uid != seen->uid ||
        annotationsToCopy(subject.value().meta) != seen->wanted) {
        return Outcome::Settled;  // likewise
    }
    const auto missed = tools_.announcer.missed();
    auto outcome = look({std::move(subject).value(), *seen}, past);
    past.isSettled =
        outcome && outcome.value() == Outcome::Settled && tools_.announcer.missed() == missed;
    return outcome;
}

Result<Outcome> TemplateCopier::look(Task task, Past& past) {
    const auto& resource = task.subject.kind;
    const auto* kind = cluster::findWorkloadKind(resource.apiVersion, resource.kind);
    if (kind->copying == cluster::Copying::Never) {
        if (!hasAll(task.subject.present, task.seen.wanted)) {
            warn(task, reasons::kAnnotationsNotCopied,
                 fmt::format("the annotations {} have no effect: those of a {} are not copied to "
                             "its Pods; annotate its Pod template",
                             namesOf(task.seen.wanted), resource.kind));
        }
        return Outcome::Settled;
    }
    const auto plan =
        planCopy(task.subject, task.seen.controller ? Annotations() : task.seen.wanted);
    if (task.seen.controller && !hasAll(task.subject.present, task.seen.wanted)) {
        warn(task, reasons::kAnnotationsNotCopied,
             fmt::format("the annotations {} are not copied to the template, which the {} \"{}\" "
                         "controls and would put back: have that write them into the Pod template",
                         namesOf(task.seen.wanted), runtime::quoted(task.seen.controller->kind),
                         runtime::quoted(task.seen.controller->name)));
    }
    if (!plan.lost.empty()) {
        warn(task, reasons::kAnnotationsNotCopied,
             fmt::format("the template has {} with another value, which stays: what the {} itself "
                         "says is not copied",
                         joined(plan.lost), resource.kind));
    }
    if (!plan.isNothing()) {
        if (!mayChange(task, plan)) {
            return Outcome::Settled;
        }
        if (!isTime(task, plan, past)) {
            return Outcome::ComeAgain;
        }
        if (const auto written = write(task, plan, past); !written) {
            return written.error();
        }
        if (!past.hasGiven) {
            return Outcome::ComeAgain;  // somebody else has the last word
        }
    }
    past.hasGiven = true;
    if (const auto disowned = disown(task); !disowned) {
        return disowned.error();
    }
    return task.seen.wanted.empty() ? Outcome::Settled : follow(task, past);
}

Outcome TemplateCopier::follow(const Task& task, Past& past) {
    const auto& kind =
        *cluster::findWorkloadKind(task.subject.kind.apiVersion, task.subject.kind.kind);
    const auto& document = task.subject.document;
    const auto now = tools_.clock.now();
    if (const auto status = json_text::at(document, {"status"}); status != past.status) {
        past.status = status;
        past.since = now;
    }
    const auto failure = cluster::lacksPods(kind, document) ? failureOf(task.subject) : "";
    auto why = cluster::whyPodsStay(kind, document, failure);
    if (const auto wait = cluster::waitOf(kind, document);
        why.empty() && wait && now - past.since >= wait->patience) {
        why = wait->why;
    }
    if (!why.empty()) {
        warn(task, reasons::kPodsNotReplaced,
             fmt::format("the template has the annotations, but Pods do not: {}", why));
        return Outcome::Settled;
    }
    if (!cluster::isRollingOut(kind, document)) {
        return Outcome::Settled;
    }
    // Their controller may not get on, of which no watch here tells.
    return now - past.since < kFresh ? Outcome::ComeSoon : Outcome::ComeAgain;
}

std::string TemplateCopier::failureOf(const Subject& workload) {
    const auto& meta = workload.meta;
    const auto events =
        tools_.api.get(cluster::eventsPath(meta.key.space, meta.uid, cluster::kFailedCreate),
                       cluster::kEventsOnly);
    return events ? cluster::newestMessage(events.value().value_or(""), cluster::isFailedCreate)
                  : "";
}

bool TemplateCopier::mayChange(const Task& task, const CopyPlan& plan) {
    if (task.subject.kind != cluster::kJobs || cluster::isSuspended(task.subject.document)) {
        return true;
    }
    if (!plan.give.empty()) {
        warn(task, reasons::kAnnotationsNotCopied,
             fmt::format("the annotations {} have no effect: the template of a Job that is not "
                         "suspended cannot be changed; annotate spec.template and re-create it",
                         namesOf(task.seen.wanted)));
    }
    return false;
}

bool TemplateCopier::isTime(const Task& task, const CopyPlan& plan, Past& past) {
    const auto now = tools_.clock.now();
    if (past.hasGiven) {
        past.hasGiven = false;
        past.undone = now - past.written > kLongestPause ? 1 : past.undone + 1;
        const auto others = otherManagers(task.subject);
        if (!plan.give.empty()) {  // not so where an earlier template brought copies back
            warn(task, reasons::kCopyUndone,
                 fmt::format("the annotations {} were copied to the template, and somebody took "
                             "them away again: its spec is managed by {}; write them into the Pod "
                             "template there",
                             namesOf(plan.give), others.empty() ? "nobody by name" : others));
        }
    }
    if (past.undone == 0) {
        return true;
    }
    constexpr int kMostDoublings = 10;
    const auto pause = std::min<Duration>(
        kFirstPause * (1 << std::min(past.undone - 1, kMostDoublings)), kLongestPause);
    return now - past.written >= pause;
}

Result<Done> TemplateCopier::write(Task& task, const CopyPlan& plan, Past& past) {
    auto& subject = task.subject;
    auto answer =
        tools_.api.mergePatch(pathOf(subject), planBody(subject, plan), cluster::kTemplateOnly);
    if (!answer) {
        if (isRefusal(answer.error())) {
            warn(task, reasons::kAnnotationsNotCopied,
                 fmt::format("the annotations {} cannot be copied to the template: {}; allow it to "
                             "the operator's ServiceAccount, or write them into the Pod template",
                             namesOf(task.seen.wanted), answer.error().message));
        }
        return std::move(answer).error();
    }
    auto written = subjectOf(subject.kind, std::move(answer).value());
    if (!written) {
        return std::move(written).error();
    }
    subject = std::move(written).value();
    past.written = tools_.clock.now();
    past.hasGiven = hasAll(subject.present, plan.give);
    if (!past.hasGiven) {
        warn(task, reasons::kAnnotationsNotCopied,
             fmt::format("the annotations {} were written to the template, and the API server "
                         "stored it without: a mutating webhook or policy takes them away; "
                         "exempt annotations that begin with {}",
                         namesOf(plan.give), names::kPrefix));
        return Done();
    }
    tools_.log.info(plan.give.empty() ? "removed annotations from a template"
                                      : "copied annotations to a template",
                    {{"kind", std::string(subject.kind.kind)},
                     {"object", subject.meta.key.text()},
                     {"annotations", namesOf(plan.copies)}});
    return Done();
}

Result<Done> TemplateCopier::disown(const Task& task) {
    const auto body = disownBody(task.subject);
    if (body.empty()) {
        return Done();
    }
    const auto answer = tools_.api.jsonPatch(pathOf(task.subject), body);
    return answer ? Result<Done>(Done()) : answer.error();
}

void TemplateCopier::warn(const Task& task, const char* reason, const std::string& message) {
    const auto& [kind, document, meta, present, noted, managers] = task.subject;
    tools_.announcer.warn(
        meta.key.space,
        {std::string(kind.apiVersion), std::string(kind.kind), meta.key.name, meta.uid}, reason,
        message);
}

}  // namespace injector::operators
