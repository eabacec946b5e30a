#include "injector/check/gather.h"

#include <fmt/format.h>

#include <string>
#include <variant>
#include <vector>

#include "elector/kubernetes/json_text.h"
#include "elector/names.h"
#include "elector/runtime/log.h"
#include "injector/cluster/resource.h"
#include "injector/config/invocation.h"

namespace injector::check {

namespace {

namespace json_text = elector::kubernetes::json_text;
namespace names = elector::names;
using json_text::member;

std::string_view at(std::string_view object, std::initializer_list<std::string_view> path) {
    for (const auto key : path) {
        object = member(object, key).value_or("");
    }
    return object;
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

}  // namespace

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
