#include "injector/operator/workload.h"

#include <fmt/format.h>

#include <algorithm>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "elector/runtime/escape.h"

namespace injector::operators {
namespace {

namespace json_text = elector::kubernetes::json_text;
namespace names = elector::names;
using elector::runtime::jsonString;

using Path = std::vector<std::string>;

// Where a workload has the annotations of its Pods.
Path annotationsPath(const Resource& kind) {
    if (kind == cluster::kCronJobs) {
        return {"spec", "jobTemplate", "spec", "template", "metadata", "annotations"};
    }
    return {"spec", "template", "metadata", "annotations"};
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

}  // namespace

const std::vector<Resource>& copiedKinds() {
    static const std::vector<Resource> kKinds{cluster::kDeployments, cluster::kStatefulSets,
                                              cluster::kDaemonSets, cluster::kCronJobs,
                                              cluster::kJobs};
    return kKinds;
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

bool isSuspended(std::string_view job) {
    const auto spec = json_text::member(job, "spec").value_or("");
    return json_text::member(spec, "suspend") == "true";
}

}  // namespace injector::operators
