#include "injector/check/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "elector/config/invocation.h"
#include "elector/names.h"
#include "elector/runtime/json_text.h"
#include "elector/runtime/log.h"
#include "elector/runtime/time_text.h"
#include "injector/cluster/object_meta.h"
#include "injector/cluster/resource.h"
#include "injector/cluster/rollout.h"
#include "injector/config/invocation.h"
#include "injector/operator/pod_reader.h"
#include "injector/operator/rbac.h"
#include "injector/operator/reasons.h"

namespace injector::check {

// ------------------------------------------------------------------------------------------ target

namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

// Every kind of object here is called by the names of DNS.
bool isName(std::string_view name) {
    constexpr std::size_t kMaxName = 253;
    return !name.empty() && name.size() <= kMaxName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

}  // namespace

std::string Target::text() const {
    return fmt::format("{}/{}", kind->resource.kind, key.name);
}

bool Target::is(const cluster::OwnerReference& workload) const {
    return workload.kind == kind->resource.kind && workload.name == key.name;
}

Target parseTarget(std::string_view workload, const std::string& space) {
    const auto slash = std::min(workload.find('/'), workload.size());
    const auto kind = lower(workload.substr(0, slash));
    const auto name = workload.substr(std::min(slash + 1, workload.size()));
    const auto kinds = cluster::workloadKinds();
    const auto found = std::ranges::find_if(kinds, [&](const cluster::WorkloadKind& each) {
        return each.isReadable() && (kind == lower(each.resource.kind) ||
                                     kind == each.resource.plural || kind == each.shortName);
    });
    if (found == kinds.end()) {
        throw elector::config::Refusal(fmt::format(
            "check \"{}\" is refused: allowed kinds are deployment, statefulset, daemonset, "
            "replicaset, job, cronjob and pod",
            elector::runtime::quoted(workload)));
    }
    if (!isName(name)) {
        throw elector::config::Refusal(
            fmt::format("check \"{}\" is refused: a name has lower-case letters, digits, - and .",
                        elector::runtime::quoted(workload)));
    }
    return {&*found, {space, std::string(name)}};
}

// ------------------------------------------------------------------------------------------ gather

namespace {

namespace json_text = elector::json_text;
namespace names = elector::names;
using cluster::ObjectMeta;
using json_text::at;
using json_text::member;
using operators::OwnerReference;

Reading readingOf(cluster::Api& api, const std::string& path) {
    auto answer = api.get(path);
    if (!answer) {
        return {std::nullopt, answer.error().message};
    }
    return {std::move(answer).value(), ""};
}

// The controllers of what stands between Pods and workloads, by its uid.
using Controllers = std::map<std::string, OwnerReference>;

elector::kubernetes::Result<elector::kubernetes::Done> addControllers(
    cluster::Api& api, const cluster::Resource& resource, const std::string& space,
    Controllers& controllers) {
    const auto listed =
        api.list(cluster::collectionPath(resource, space), "", [&](std::string_view item) {
            const auto meta = cluster::parseMeta(item);
            if (meta && meta.value().controller() != nullptr) {
                controllers.insert_or_assign(meta.value().uid, *meta.value().controller());
            }
        });
    if (!listed) {
        return listed.error();
    }
    return elector::kubernetes::Done();
}

// By what the objects say of each other.
OwnerReference believedWorkloadOf(const operators::PodRecord& pod, const Controllers& controllers) {
    if (!pod.controller) {
        return operators::ownReference(pod);
    }
    const auto above = controllers.find(pod.controller->uid);
    return cluster::workloadOf(*pod.controller,
                               above == controllers.end() ? nullptr : &above->second);
}

bool isOf(const Target& target, const operators::PodRecord& pod, const OwnerReference& workload) {
    return pod.key.space == target.key.space &&
           (target.is(workload) || (pod.controller && target.is(*pod.controller)));
}

void addWebhooks(std::string_view configurations, Installation& installation) {
    for (const auto configuration : json_text::elementsOf(at(configurations, {"items"}))) {
        for (const auto webhook : json_text::elementsOf(at(configuration, {"webhooks"}))) {
            if (json_text::textAt(webhook, "name") != names::kWebhook) {
                continue;
            }
            installation.webhooks.push_back(
                {json_text::textAt(at(configuration, {"metadata"}), "name"), std::string(webhook)});
            const auto space =
                json_text::textAt(at(webhook, {"clientConfig", "service"}), "namespace");
            installation.space = installation.space.empty() ? space : installation.space;
        }
    }
}

std::vector<std::string> argumentsOf(std::string_view container) {
    std::vector<std::string> arguments;
    for (const auto each : json_text::elementsOf(at(container, {"args"}))) {
        arguments.push_back(json_text::stringIn(each).value_or(""));
    }
    return arguments;
}

// The variables whose values are written there, and those that the chart takes from the Pod.
elector::config::Environment environmentOf(std::string_view container, const std::string& space) {
    elector::config::Environment environment{{"POD_NAME", "injector"}, {"NAMESPACE", space}};
    for (const auto each : json_text::elementsOf(at(container, {"env"}))) {
        if (member(each, "value")) {
            environment.insert_or_assign(json_text::textAt(each, "name"),
                                         json_text::textAt(each, "value"));
        }
    }
    return environment;
}

void readContainer(std::string_view container, Installation& installation) {
    try {
        const auto invocation = config::parseInvocation(
            argumentsOf(container), environmentOf(container, installation.space), {});
        if (const auto* webhook = std::get_if<config::WebhookConfig>(&invocation)) {
            installation.defaults = webhook->defaults;
        } else if (const auto* program = std::get_if<config::OperatorConfig>(&invocation)) {
            installation.copiesAnnotations = program->copiesAnnotations;
        }
    } catch (const elector::config::Refusal& refusal) {
        installation.defaultsProblem =
            fmt::format("this program does not understand the release's flags: {}", refusal.what());
    }
}

bool isOperators(std::string_view event) {
    return json_text::textAt(at(event, {"source"}), "component") == names::kOperator;
}

bool isAboutCopies(std::string_view event) {
    const auto reason = json_text::textAt(event, "reason");
    return isOperators(event) && (reason == operators::reasons::kAnnotationsNotCopied ||
                                  reason == operators::reasons::kCopyUndone);
}

bool isAboutPods(std::string_view event) {
    return isOperators(event) &&
           json_text::textAt(event, "reason") == operators::reasons::kPodsNotReplaced;
}

// What Events say, and when it was annotated. A help, where these may be read.
void addHistory(cluster::Api& api, WorkloadFacts& facts) {
    const auto& [kind, key] = facts.target;
    const auto uid = json_text::textAt(at(facts.object, {"metadata"}), "uid");
    if (const auto events = api.get(cluster::eventsPath(key.space, uid))) {
        const auto list = events.value().value_or("");
        facts.told = cluster::newestMessage(list, isAboutCopies);
        facts.stays = cluster::newestMessage(list, isAboutPods);
        facts.failure = cluster::newestMessage(list, cluster::isFailedCreate);
    }
    auto managed =
        api.get(cluster::objectPath(kind->resource, key.space, key.name), cluster::kTemplateOnly);
    if (managed) {
        facts.rollout = std::move(managed).value().value_or("");
        facts.annotated = annotatedAt(facts.rollout);
    }
}

}  // namespace

Result<PodFacts> gatherPods(cluster::Api& api, const std::string& space, const Target* target) {
    PodFacts facts;
    Controllers controllers;
    for (const auto* resource : {&cluster::kReplicaSets, &cluster::kJobs}) {
        if (const auto added = addControllers(api, *resource, space, controllers); !added) {
            facts.problem = added.error().message;
        }
    }
    operators::LeadingApi reading(api, [] { return false; });
    operators::Owners owners(reading);
    std::vector<ObjectMeta> kept;
    const auto listed = api.list(
        cluster::collectionPath(cluster::kPods, space), "",
        [&](std::string_view item) {
            auto meta = cluster::parseMeta(item);
            if (!meta) {
                return;
            }
            const auto record = operators::recordOf(meta.value());
            if (operators::concernsUs(meta.value()) ||
                (target != nullptr &&
                 isOf(*target, record, believedWorkloadOf(record, controllers)))) {
                kept.push_back(std::move(meta).value());
            }
        },
        [&] { kept.clear(); });
    if (!listed) {
        return listed.error();
    }
    for (const auto& meta : kept) {
        auto record = operators::recordOf(meta);
        // For whoever may not look it up.
        auto believed = believedWorkloadOf(record, controllers);
        auto read = operators::readWhole(reading, owners, record, &believed);
        if (!read) {
            facts.problem = read.error().message;
            continue;
        }
        if (auto& pod = read.value()) {
            record.facts = pod->facts;
            facts.pods.push_back({std::move(record), std::move(pod->facts.serviceAccount),
                                  std::move(pod->facts.workload), std::move(believed),
                                  std::move(pod->image), std::move(pod->phase)});
        }
    }
    return facts;
}

std::optional<elector::runtime::WallTime> annotatedAt(std::string_view object) {
    std::optional<elector::runtime::WallTime> last;
    for (const auto entry : json_text::elementsOf(at(object, {"metadata", "managedFields"}))) {
        const auto fields =
            json_text::membersOf(at(entry, {"fieldsV1", "f:metadata", "f:annotations"}));
        const bool isOurs = std::ranges::any_of(fields, [](const json_text::Member& name) {
            return name.key.starts_with(std::string("f:") + names::kPrefix);
        });
        const auto time = elector::runtime::parseRfc3339(json_text::textAt(entry, "time"));
        if (isOurs && time && (!last || *time > *last)) {
            last = *time;
        }
    }
    return last;
}

Result<std::optional<WorkloadFacts>> gatherWorkload(cluster::Api& api, const Target& target,
                                                    const elector::runtime::Clock& clock) {
    WorkloadFacts facts;
    facts.target = target;
    facts.now = clock.wall();
    auto object =
        api.get(cluster::objectPath(target.kind->resource, target.key.space, target.key.name));
    if (!object) {
        return std::move(object).error();
    }
    auto& document = object.value();
    if (!document) {
        return std::optional<WorkloadFacts>();
    }
    facts.object = std::move(*document);
    facts.space = readingOf(api, "/api/v1/namespaces/" + cluster::encoded(target.key.space));
    facts.limitRanges =
        readingOf(api, cluster::collectionPath(cluster::kLimitRanges, target.key.space));
    facts.quotas = readingOf(api, cluster::collectionPath(cluster::kQuotas, target.key.space));
    facts.installation = gatherInstallation(api);
    addHistory(api, facts);
    auto pods = gatherPods(api, target.key.space, &target);
    if (pods) {
        facts.pods = std::move(pods).value();
    } else {
        facts.pods.problem = pods.error().message;
    }
    return std::optional(std::move(facts));
}

LeaseFacts gatherLease(cluster::Api& api, const cluster::ObjectKey& lease,
                       const elector::runtime::Clock& clock) {
    return {readingOf(api, cluster::objectPath(cluster::kLeases, lease.space, lease.name)),
            readingOf(api, operators::rbacPath(operators::RbacKind::Role, lease)),
            readingOf(api, operators::rbacPath(operators::RbacKind::Binding, lease)), clock.wall()};
}

void readRelease(std::string_view deployments, Installation& installation) {
    for (const auto deployment : json_text::elementsOf(at(deployments, {"items"}))) {
        for (const auto container :
             json_text::elementsOf(at(deployment, {"spec", "template", "spec", "containers"}))) {
            const auto arguments = argumentsOf(container);
            if (!arguments.empty() && (arguments[0] == "webhook" || arguments[0] == "operator")) {
                readContainer(container, installation);
            }
        }
    }
    if (!installation.defaults && installation.defaultsProblem.empty()) {
        installation.defaultsProblem =
            fmt::format("no Deployment in the namespace {} runs the webhook",
                        elector::runtime::quoted(installation.space));
    }
}

Installation gatherInstallation(cluster::Api& api) {
    Installation installation;
    const auto configurations =
        api.get(cluster::collectionPath(cluster::kMutatingWebhookConfigurations, ""));
    if (!configurations) {
        installation.problem = configurations.error().message;
        return installation;
    }
    addWebhooks(configurations.value().value_or(""), installation);
    if (installation.space.empty()) {
        installation.defaultsProblem = "the webhook is not a service of the cluster";
        return installation;
    }
    const auto deployments =
        api.get(cluster::collectionPath(cluster::kDeployments, installation.space) +
                "?labelSelector=" + cluster::encoded("app.kubernetes.io/name=leader-elector"));
    if (!deployments) {
        installation.defaultsProblem = deployments.error().message;
        return installation;
    }
    readRelease(deployments.value().value_or(""), installation);
    return installation;
}

}  // namespace injector::check
